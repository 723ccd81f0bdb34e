import { MillraceError } from '../errors.ts';

/** What a WAV file holds: its samples as bytes, and how to read them. */
export interface Wav {
  format: 'integer' | 'float';
  channels: number;
  /** Samples a second, of each channel. */
  rate: number;
  /** Bits of one sample of one channel. */
  bits: number;
  /** Samples of each channel. */
  frames: number;
  data: DataView;
}

const invalid = (message: string) => new MillraceError('invalid-input', message);
const name = (view: DataView, at: number) =>
  String.fromCharCode(...[0, 1, 2, 3].map(i => view.getUint8(at + i)));

interface Chunk {
  id: string;
  body: DataView;
}

/** The chunk at `at`, or an error if the file ends before the length that the chunk claims. */
function chunkAt(view: DataView, at: number): Chunk | MillraceError {
  if (at + 8 > view.byteLength) return invalid('the WAV file is cut off in the head of a chunk');
  const id = name(view, at);
  const claimed = view.getUint32(at + 4, true);
  const left = view.byteLength - at - 8;
  if (claimed > left) {
    return invalid(`the WAV file is cut off: its "${id}" chunk claims ${claimed} bytes, but ${left} follow`);
  }
  return { id, body: new DataView(view.buffer, view.byteOffset + at + 8, claimed) };
}

function chunksOf(view: DataView): Map<string, DataView> | MillraceError {
  const chunks = new Map<string, DataView>();
  for (let at = 12; at < view.byteLength && !chunks.has('data');) {
    const chunk = chunkAt(view, at);
    if (chunk instanceof MillraceError) return chunk;
    chunks.set(chunk.id, chunk.body);
    // Chunks start at even places; an odd one is followed by a byte of padding.
    at += 8 + chunk.body.byteLength + (chunk.body.byteLength & 1);
  }
  return chunks;
}

type Encoding = Omit<Wav, 'frames' | 'data'>;

function encodingOf(fmt: DataView): Encoding | MillraceError {
  if (fmt.byteLength < 16) return invalid('the "fmt " chunk of the WAV file is too short');
  const extensible = fmt.getUint16(0, true) === 0xfffe;
  if (extensible && fmt.byteLength < 40) return invalid('the "fmt " chunk of the WAV file is too short');
  // WAVE_FORMAT_EXTENSIBLE keeps the real tag in the first two bytes of its sub-format.
  const tag = fmt.getUint16(extensible ? 24 : 0, true);
  const channels = fmt.getUint16(2, true);
  const rate = fmt.getUint32(4, true);
  const bits = fmt.getUint16(14, true);
  if (channels === 0 || rate === 0) return invalid('the WAV file claims no channels, or no sampling rate');
  if (tag === 1 && [16, 24, 32].includes(bits)) return { format: 'integer', channels, rate, bits };
  if (tag === 3 && bits === 32) return { format: 'float', channels, rate, bits };
  return invalid(
    `the WAV file has samples of ${bits} bits in encoding ${tag}; send PCM of 16, 24 or 32 bits, or 32 bit floats`,
  );
}

/** Reads the head of a WAV file, or says what is wrong with it. */
export function parseWav(file: Uint8Array): Wav | MillraceError {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < 12 || name(view, 0) !== 'RIFF' || name(view, 8) !== 'WAVE') {
    return invalid(file.length === 0 ? 'the file is empty: send a WAV file' : 'not a WAV file');
  }
  const chunks = chunksOf(view);
  if (chunks instanceof MillraceError) return chunks;
  const [fmt, data] = [chunks.get('fmt '), chunks.get('data')];
  if (!fmt || !data) return invalid(`the WAV file has no "${fmt ? 'data' : 'fmt '}" chunk`);
  const encoding = encodingOf(fmt);
  if (encoding instanceof MillraceError) return encoding;
  const frameBytes = (encoding.channels * encoding.bits) / 8;
  if (data.byteLength === 0) return invalid('the WAV file holds no samples');
  if (data.byteLength % frameBytes !== 0) return invalid('the WAV file is cut off within a sample');
  return { ...encoding, frames: data.byteLength / frameBytes, data };
}

function sampleReader({ format, bits, data }: Wav): (at: number) => number {
  if (format === 'float') return at => data.getFloat32(at, true);
  if (bits === 16) return at => data.getInt16(at, true) / 2 ** 15;
  if (bits === 32) return at => data.getInt32(at, true) / 2 ** 31;
  return at => (data.getUint16(at, true) + data.getInt8(at + 2) * 2 ** 16) / 2 ** 23;
}

/** Writes the samples, from -1 to 1, into `into`; several channels as their mean. `into` has room for `frames`. */
export function readSamples(wav: Wav, into: Float32Array): void {
  const read = sampleReader(wav);
  const bytes = wav.bits / 8;
  for (let frame = 0, at = 0; frame < wav.frames; frame++) {
    let sum = 0;
    for (let channel = 0; channel < wav.channels; channel++, at += bytes) sum += read(at);
    into[frame] = sum / wav.channels;
  }
}
