/** Binary WebSocket frames: a little-endian 32-bit length, that much JSON, then the binary tensors. */
import { MillraceError } from '../errors.ts';
import { SmallMemory } from '../small-memory.ts';
import type { EncodedMessage } from './message.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

function unreadable(problem: string): MillraceError {
  return new MillraceError('invalid-input', `the frame ${problem}`);
}

/** @throws MillraceError `invalid-input` if it is not UTF-8 */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new MillraceError('invalid-input', 'the JSON is not in UTF-8');
  }
}

/** Tensors begin at a multiple of this, the largest element: whoever reads them need not copy them. */
const alignment = 8;
const blank = 0x20;

/** Messages are written to sockets, which copy them. */
const memory = new SmallMemory();
/** Where short JSON is encoded: nearly all of it is. */
const scratch = new Uint8Array(3 * 1024);

/** JSON in UTF-8, valid until the next call. */
function encodeJson(json: string): Uint8Array {
  // A character takes three bytes at most.
  if (json.length * 3 > scratch.byteLength) return encoder.encode(json);
  return scratch.subarray(0, encoder.encodeInto(json, scratch).written);
}

/** A message as one buffer: `json` bytes first (or, with `length`, a 32-bit length before them), then the tensors. */
function join({ json, tensors }: EncodedMessage, length: boolean): { bytes: Uint8Array; jsonLength: number } {
  const text = encodeJson(json);
  const head = length ? 4 : 0;
  const end = head + text.byteLength;
  const start = tensors.length > 0 ? Math.ceil(end / alignment) * alignment : end;
  let size = start;
  for (const tensor of tensors) size += tensor.byteLength;
  const { buffer, offset } = memory.take(size);
  const bytes = new Uint8Array(buffer, offset, size);
  if (length) new DataView(buffer, offset).setUint32(0, start - head, true);
  bytes.set(text, head);
  // JSON may end in blanks.
  bytes.fill(blank, end, start);
  let at = start;
  for (const tensor of tensors) {
    bytes.set(tensor, at);
    at += tensor.byteLength;
  }
  return { bytes, jsonLength: start - head };
}

/** A message as a binary frame. */
export function writeFrame(message: EncodedMessage): Uint8Array {
  return join(message, true).bytes;
}

/** A message as an HTTP body, and the bytes of it that are JSON: the value of `Inference-Header-Content-Length`. */
export function writeBody(message: EncodedMessage): { body: Uint8Array; jsonLength: number } {
  const { bytes, jsonLength } = join(message, false);
  return { body: bytes, jsonLength };
}

/** The JSON of a binary frame, and the bytes behind it. @throws MillraceError `invalid-input` if it can't be read */
export function readFrame(frame: Uint8Array): { json: string; binary: Uint8Array } {
  if (frame.byteLength < 4) throw unreadable('has no length in front');
  const length = new DataView(frame.buffer, frame.byteOffset).getUint32(0, true);
  if (length > frame.byteLength - 4)
    throw unreadable(`says that it has ${length} bytes of JSON; it has ${frame.byteLength - 4} in all`);
  return { json: decodeUtf8(frame.subarray(4, 4 + length)), binary: frame.subarray(4 + length) };
}
