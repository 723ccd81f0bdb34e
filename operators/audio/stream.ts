/**
 * Sound that comes in pieces cut anywhere: a WAV file, several of them one after the other, or bare PCM.
 *
 * A piece that begins with the head of a WAV file where no other is under way begins a new one, so that each piece may
 * also be a file by itself.
 */
import { frameBytes, invalid, mayBeWav, parseHead, samplesOf, type Encoding, type Samples } from './wav.ts';

/** What the next byte is: undecided yet, in the head of a WAV file, a sample's, or behind a file's samples. */
const phases = ['begin', 'head', 'data', 'after'] as const;

export interface StreamState {
  phase: (typeof phases)[number];
  /** Bytes of samples that are to come; Infinity: until the stream ends. */
  left: number;
  /** Bytes of the file that follow its samples, and are skipped. */
  tail: number;
  encoding: Encoding;
  /** The head as far as it has come, or a sample begun. */
  rest: Uint8Array;
}

const nothing = new Uint8Array(0);

/** Most bytes before the samples of a WAV file in pieces. */
const longestHead = 65_536;

/** From here on, and 0, a length is what programs write that can't know it yet: sox, ffmpeg, arecord. */
const unknownLength = 0x7fff_0000;

/** Files of other kinds, by what they begin with: none of them makes sense as PCM. */
const foreign = new Map([
  ['OggS', 'Ogg'],
  ['fLaC', 'FLAC'],
  ['\x1aE\xdf\xa3', 'WebM'],
  ['RIFF', 'a RIFF file without sound'],
]);

/** State of a stream of samples at `rate` before its first piece; those of bare PCM have 16 bits and one channel. */
function streamStart(rate: number): StreamState {
  const encoding: Encoding = { format: 'integer', channels: 1, rate, bits: 16 };
  return { phase: 'begin', left: 0, tail: 0, encoding, rest: nothing };
}

interface Fed {
  state: StreamState;
  /** The samples that this piece completed. */
  samples: Samples;
}

/**
 * Takes the next piece of a stream.
 * @param last whether no other follows
 * @throws MillraceError `invalid-input` saying what is wrong with the stream
 */
export function feed(before: StreamState, piece: Uint8Array, last: boolean): Fed {
  const state = renewed(before, piece);
  const bytes = state.rest.length === 0 ? piece : joined(state.rest, piece);
  switch (state.phase) {
    case 'begin':
      return begin(state, bytes, last);
    case 'head':
      return readHead(state, bytes, last);
    case 'data':
      return take(state, bytes);
    case 'after':
      return skip(state, bytes, last);
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

/** The state that a piece meets: it may begin a file of its own. */
function renewed(state: StreamState, piece: Uint8Array): StreamState {
  const { phase, left } = state;
  if (piece.length < 12 || !mayBeWav(piece) || phase === 'begin' || phase === 'head') return state;
  if (phase === 'data' && left < Infinity) {
    throw invalid(`a WAV file begins, but ${left} bytes of the one before it are missing`);
  }
  return { ...state, phase: 'head', rest: nothing };
}

/** `state` after a piece that completed no sample. */
function waiting(state: StreamState): Fed {
  return { state, samples: samplesOf(state.encoding, nothing) };
}

function begin(state: StreamState, bytes: Uint8Array, last: boolean): Fed {
  const isWav = mayBeWav(bytes);
  const decided = bytes.length >= (isWav ? 12 : 4);
  if (decided && isWav) return readHead(state, bytes, last);
  // What ends before it looks like anything is samples, if any.
  if (!decided && !last) return waiting({ ...state, rest: bytes.slice() });
  const kind = foreign.get(String.fromCharCode(...bytes.subarray(0, 4)));
  if (kind !== undefined) {
    throw invalid(`the stream is ${kind}; send a WAV file in pieces, or bare PCM of 16 bits and one channel`);
  }
  return take({ ...state, phase: 'data', left: Infinity }, bytes);
}

function readHead(state: StreamState, bytes: Uint8Array, last: boolean): Fed {
  const head = parseHead(bytes);
  if ('error' in head) {
    if (last) throw head.error;
    if (bytes.length > longestHead) {
      throw invalid(`the WAV file has no samples within its first ${longestHead} bytes`);
    }
    return waiting({ ...state, phase: 'head', rest: bytes.slice() });
  }
  const { encoding, at, claimed, fileBytes } = head;
  const endless = claimed === 0 || claimed >= unknownLength;
  if (!endless && claimed % frameBytes(encoding) !== 0)
    throw invalid('the WAV file is cut off within a sample');
  const tail = Math.max(0, fileBytes - at - claimed);
  const left = endless ? Infinity : claimed;
  return take({ phase: 'data', left, tail, encoding, rest: nothing }, bytes.subarray(at));
}

/** The samples in `bytes`, and the state after them. */
function take(state: StreamState, bytes: Uint8Array): Fed {
  const { encoding, left, tail } = state;
  const size = frameBytes(encoding);
  const used = Math.floor(Math.min(bytes.length, left) / size) * size;
  const samples = samplesOf(encoding, bytes.subarray(0, used));
  if (used < left) return { samples, state: { ...state, left: left - used, rest: bytes.slice(used) } };
  const behind = Math.max(0, tail - (bytes.length - used));
  return { samples, state: { ...state, phase: 'after', left: 0, tail: behind, rest: nothing } };
}

/** Skips what a file has behind its samples; after it another may begin. */
function skip(state: StreamState, bytes: Uint8Array, last: boolean): Fed {
  if (bytes.length <= state.tail) return waiting({ ...state, tail: state.tail - bytes.length });
  const next = bytes.subarray(state.tail);
  if (!mayBeWav(next)) {
    throw invalid(
      'the WAV file is over, as long as its head says it is, but more follows that is no WAV file',
    );
  }
  return readHead({ ...state, tail: 0 }, next, last);
}

/** A state as numbers: its fields, then the bytes of `rest`. */
export function packStream({ phase, left, tail, encoding, rest }: StreamState): Float64Array {
  const { format, channels, bits } = encoding;
  const fields = [phases.indexOf(phase), left, tail, format === 'float' ? 1 : 0, channels, bits];
  const packed = new Float64Array(fields.length + rest.length);
  packed.set(fields);
  packed.set(rest, fields.length);
  return packed;
}

/** The state that `packed` holds, of a stream of samples at `rate`; at its start it is empty. */
export function unpackStream(packed: Float64Array, rate: number): StreamState {
  if (packed.length === 0) return streamStart(rate);
  const [phase, left, tail, float, channels, bits] = packed as unknown as [
    ...[number, number, number, number, number, number],
  ];
  const encoding: Encoding = { format: float === 1 ? 'float' : 'integer', channels, rate, bits };
  return { phase: phases[phase]!, left, tail, encoding, rest: Uint8Array.from(packed.subarray(6)) };
}
