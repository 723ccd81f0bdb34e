/** Keys and their hashes. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Key } from './keys-file.ts';

/** Bytes of a new key, all of them random. */
const keyBytes = 32;

/** What a key begins with, so that people and scanners of leaked secrets know one when they see it. */
const prefix = 'millrace_';

export function newKey(): string {
  return prefix + randomBytes(keyBytes).toString('base64url');
}

function digest(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

/** A key as the file has it: 64 hexadecimal digits. */
export function hashOf(key: string): string {
  return digest(key).toString('hex');
}

export class KeyRing {
  readonly #keys: readonly { hash: Buffer; key: Key }[];

  constructor(keys: readonly Key[]) {
    this.#keys = keys.map(key => ({ hash: Buffer.from(key.sha256, 'hex'), key }));
  }

  /** The entry of a key. It takes as long whichever key it is, and if it is none. */
  find(presented: string): Key | undefined {
    const hash = digest(presented);
    let found: Key | undefined;
    for (const entry of this.#keys) {
      if (timingSafeEqual(entry.hash, hash)) found = entry.key;
    }
    return found;
  }
}
