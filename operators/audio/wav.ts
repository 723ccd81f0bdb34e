import { MillraceError } from '../errors.ts';

/** How samples are written. */
export interface Encoding {
  format: 'integer' | 'float';
  channels: number;
  /** Samples a second, of each channel. */
  rate: number;
  /** Bits of one sample of one channel. */
  bits: number;
}

/** Samples as bytes. */
export interface Samples {
  encoding: Encoding;
  /** Samples of each channel. */
  frames: number;
  data: DataView;
}

/** What stands before the samples of a WAV file. */
interface WavHead {
  encoding: Encoding;
  /** Where the samples begin. */
  at: number;
  /** Bytes of samples, as the file claims. */
  claimed: number;
  /** Bytes of the whole file, as it claims. */
  fileBytes: number;
}

/** A head that is cut off, which may be well if more is to come. */
export interface PartialHead {
  /** What is wrong if nothing comes. */
  error: MillraceError;
}

export const invalid = (message: string) => new MillraceError('invalid-input', message);

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Four bytes as the text they are in a RIFF file; fewer at the end of `view`. */
function name(view: DataView, at: number): string {
  const length = Math.max(0, Math.min(4, view.byteLength - at));
  return String.fromCharCode(...Array.from({ length }, (_, i) => view.getUint8(at + i)));
}

/** Whether bytes are the start of a WAV file, as far as they go. */
export function mayBeWav(bytes: Uint8Array): boolean {
  const view = viewOf(bytes);
  return 'RIFF'.startsWith(name(view, 0)) && 'WAVE'.startsWith(name(view, 8));
}

/** Bytes of one sample of every channel. */
export function frameBytes({ channels, bits }: Encoding): number {
  return (channels * bits) / 8;
}

function encodingOf(fmt: DataView): Encoding {
  if (fmt.byteLength < 16) throw invalid('the "fmt " chunk of the WAV file is too short');
  const extensible = fmt.getUint16(0, true) === 0xfffe;
  if (extensible && fmt.byteLength < 40) throw invalid('the "fmt " chunk of the WAV file is too short');
  // WAVE_FORMAT_EXTENSIBLE keeps the real tag in the first two bytes of its sub-format.
  const tag = fmt.getUint16(extensible ? 24 : 0, true);
  const channels = fmt.getUint16(2, true);
  const rate = fmt.getUint32(4, true);
  const bits = fmt.getUint16(14, true);
  if (channels === 0 || rate === 0) throw invalid('the WAV file claims no channels, or no sampling rate');
  if (tag === 1 && [16, 24, 32].includes(bits)) return { format: 'integer', channels, rate, bits };
  if (tag === 3 && bits === 32) return { format: 'float', channels, rate, bits };
  throw invalid(
    `the WAV file has samples of ${bits} bits in encoding ${tag}; send PCM of 16, 24 or 32 bits, or 32 bit floats`,
  );
}

function cutOff(id: string, claimed: number, left: number): MillraceError {
  return invalid(`the WAV file is cut off: its "${id}" chunk claims ${claimed} bytes, but ${left} follow`);
}

/**
 * Reads what stands before the samples of a WAV file.
 * @throws MillraceError `invalid-input` if it is wrong, whatever follows
 */
export function parseHead(bytes: Uint8Array): WavHead | PartialHead {
  const view = viewOf(bytes);
  if (!mayBeWav(bytes)) throw invalid('not a WAV file');
  if (view.byteLength < 12) return { error: invalid('not a WAV file') };
  let encoding: Encoding | null = null;
  for (let at = 12; at < view.byteLength;) {
    if (at + 8 > view.byteLength) {
      return { error: invalid('the WAV file is cut off in the head of a chunk') };
    }
    const id = name(view, at);
    const claimed = view.getUint32(at + 4, true);
    at += 8;
    if (id === 'data') {
      if (!encoding) throw invalid('the WAV file has no "fmt " chunk');
      return { encoding, at, claimed, fileBytes: view.getUint32(4, true) + 8 };
    }
    const left = view.byteLength - at;
    if (claimed > left) return { error: cutOff(id, claimed, left) };
    if (id === 'fmt ') encoding = encodingOf(new DataView(view.buffer, view.byteOffset + at, claimed));
    // Chunks start at even places; an odd one is followed by a byte of padding.
    at += claimed + (claimed & 1);
  }
  return { error: invalid(`the WAV file has no "${encoding ? 'data' : 'fmt '}" chunk`) };
}

/** The samples of a whole WAV file. @throws MillraceError `invalid-input` saying what is wrong with it */
export function parseWav(file: Uint8Array): Samples {
  if (file.length === 0) throw invalid('the file is empty: send a WAV file');
  const head = parseHead(file);
  if ('error' in head) throw head.error;
  const { encoding, at, claimed } = head;
  if (claimed > file.length - at) throw cutOff('data', claimed, file.length - at);
  if (claimed === 0) throw invalid('the WAV file holds no samples');
  return samplesOf(encoding, file.subarray(at, at + claimed));
}

/** Bytes as samples. @throws MillraceError `invalid-input` if the last is not whole */
export function samplesOf(encoding: Encoding, bytes: Uint8Array): Samples {
  const frames = bytes.byteLength / frameBytes(encoding);
  if (!Number.isInteger(frames)) throw invalid('the WAV file is cut off within a sample');
  return { encoding, frames, data: viewOf(bytes) };
}

function sampleReader({ encoding: { format, bits }, data }: Samples): (at: number) => number {
  if (format === 'float') return at => data.getFloat32(at, true);
  if (bits === 16) return at => data.getInt16(at, true) / 2 ** 15;
  if (bits === 32) return at => data.getInt32(at, true) / 2 ** 31;
  return at => (data.getUint16(at, true) + data.getInt8(at + 2) * 2 ** 16) / 2 ** 23;
}

/** Writes samples, from -1 to 1, into `into`; several channels as their mean. `into` has room for `frames`. */
export function readSamples(samples: Samples, into: Float32Array): void {
  const read = sampleReader(samples);
  const { channels, bits } = samples.encoding;
  for (let frame = 0, at = 0; frame < samples.frames; frame++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++, at += bits / 8) sum += read(at);
    into[frame] = sum / channels;
  }
}
