/** What a client may send on a stream. */
import { MillraceError, parseJson, readFrame } from '../../../operators/index.ts';

/** Longest id that is taken: it is held as long as its query, and sent back. */
const longestId = 256;

export type Fields = Readonly<Record<string, unknown>>;

export interface Message {
  /** Members of the JSON; none if it is no object. */
  fields: Fields;
  /** Tensors behind the JSON; empty for a text frame. Valid as long as the frame. */
  tensors: Uint8Array;
}

const none = new Uint8Array(0);

/**
 * A frame as JSON and what lies behind it.
 * @throws MillraceError `invalid-input` if it can't be read: there is no telling which query it was
 */
export function readMessage(frame: string | Uint8Array): Message {
  const { json, binary } = typeof frame === 'string' ? { json: frame, binary: none } : readFrame(frame);
  const value = parseJson(json);
  const fields = value !== null && typeof value === 'object' ? (value as Fields) : {};
  return { fields, tensors: binary };
}

/**
 * The name that a query goes by, or that a cancellation calls.
 * @throws MillraceError `invalid-input` if it is none
 */
export function readId(value: unknown, field: string): string {
  const id = typeof value === 'number' ? String(value) : value;
  if (typeof id !== 'string') throw new MillraceError('invalid-input', `"${field}" is no text`);
  if (id.length <= longestId) return id;
  const message = `"${field}" has ${id.length} characters; at most ${longestId} are taken`;
  throw new MillraceError('invalid-input', message);
}

/** The id of a message that may have one; undefined if there is none that could be sent back. */
export function idOf({ id }: Fields): string | undefined {
  try {
    return id === undefined || id === null ? undefined : readId(id, 'id');
  } catch {
    return undefined;
  }
}
