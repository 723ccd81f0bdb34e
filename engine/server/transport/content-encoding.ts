/** Bodies that come compressed. */
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { MillraceError } from '../../../operators/index.ts';
import type { GrowingBytes } from './growing-bytes.ts';

const decoders = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
} as const;

export type Encoding = keyof typeof decoders;

/**
 * What a `content-encoding` header asks for; null: the body is as it is.
 * @throws MillraceError `unsupported-type`
 */
export function encodingOf(header: string): Encoding | null {
  const name = header.trim().toLowerCase();
  if (name === '' || name === 'identity') return null;
  if (Object.hasOwn(decoders, name)) return name as Encoding;
  const known = Object.keys(decoders).join(', ');
  throw new MillraceError(
    'unsupported-type',
    `content encoding "${header}" is not taken here; send ${known}`,
  );
}

/**
 * Decompresses, off this thread and piece by piece, so that a bomb is found before it is held.
 * @throws MillraceError `invalid-input` if it can't be decompressed, and what `into` throws
 */
export async function decompress(bytes: Uint8Array, encoding: Encoding, into: GrowingBytes): Promise<void> {
  const decoder = decoders[encoding]();
  decoder.end(bytes);
  try {
    for await (const piece of decoder as AsyncIterable<Uint8Array>) into.add(piece);
  } catch (error) {
    if (error instanceof MillraceError) throw error;
    throw new MillraceError('invalid-input', `the body is no valid ${encoding}`, { cause: error });
  }
}
