import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { MillraceError } from '../operators/index.ts';
import { maxBytes } from './yaml.ts';

/**
 * Reads a file of text, no further than it takes to see that it is too large.
 *
 * @param what names its kind in messages
 * @param limit bytes that its reader takes
 * @throws MillraceError `not-found` if there is none, or it can't be read.
 */
export async function readTextFile(
  path: string,
  what: string,
  limit = maxBytes,
): Promise<{ text: string; file: string }> {
  const file = resolve(path);
  const chunks: Buffer[] = [];
  try {
    // `end` is inclusive: one byte more than is taken.
    for await (const chunk of createReadStream(file, { end: limit })) chunks.push(chunk as Buffer);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    const reason =
      code === 'ENOENT' ? `there is no ${what} ${path}` : `${what} ${path} cannot be read (${code})`;
    throw new MillraceError('not-found', reason, { cause: error });
  }
  return { text: Buffer.concat(chunks).toString('utf8'), file };
}
