/** Base64 in Node and in browsers, bytes in and out. */
import { MillraceError } from './errors.ts';

/** Characters of a chunk: a call takes only so many arguments. */
const chunk = 8192;

export function toBase64(bytes: Uint8Array): string {
  let binary = '';
  for (let at = 0; at < bytes.length; at += chunk) {
    binary += String.fromCharCode(...bytes.subarray(at, at + chunk));
  }
  return btoa(binary);
}

/** @throws MillraceError `invalid-input` if it is no base64 */
export function fromBase64(text: string): Uint8Array {
  let binary: string;
  try {
    binary = atob(text);
  } catch {
    throw new MillraceError('invalid-input', 'is no base64');
  }
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at++) bytes[at] = binary.charCodeAt(at);
  return bytes;
}
