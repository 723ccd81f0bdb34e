/** Recordings, read from their files. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { formatSize, MillraceError } from '../../operators/index.ts';
import { PipelineError } from '../../pipelines/index.ts';
import { RecordingReader, type Recording, type RecordingOptions } from '../../planner/index.ts';

/** Bytes of the largest recording that is read, and of its longest line. */
const largest = 2 * 1024 ** 3;
const longest = 64 * 1024 ** 2;

export interface ReadRecording extends Recording {
  /** As it was named. */
  file: string;
  sha256: string;
}

function unreadable(path: string, error: unknown): MillraceError {
  const { code = String(error) } = error as NodeJS.ErrnoException;
  const message =
    code === 'ENOENT' ? `there is no recording ${path}` : `recording ${path} cannot be read (${code})`;
  return new MillraceError('not-found', message, { cause: error });
}

/** Whether a file is a recording, or means to be one: by its name, or by how it begins. */
export async function isRecording(path: string): Promise<boolean> {
  if (path.endsWith('.jsonl')) return true;
  const file = await open(path).catch(() => null);
  if (!file) return false;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(64), 0, 64, 0);
    return buffer
      .toString('utf8', 0, bytesRead)
      .replace(/^\u{feff}/u, '')
      .trimStart()
      .startsWith('{');
  } finally {
    await file.close();
  }
}

/**
 * Reads one pipeline's part of a recording.
 *
 * @throws PipelineError for one with mistakes; MillraceError `not-found` if there is none, `too-large` if it is larger
 *   than 2 GiB or one of its lines than 64 MiB
 */
export async function readRecording(path: string, options: RecordingOptions = {}): Promise<ReadRecording> {
  const file = resolve(path);
  const reader = new RecordingReader(file, options);
  const hash = createHash('sha256');
  let rest: Buffer[] = [];
  let waiting = 0;
  let size = 0;
  const take = (end: Buffer, isWhole: boolean) => {
    const line = rest.length === 0 ? end : Buffer.concat([...rest, end]);
    [rest, waiting] = [[], 0];
    reader.take(line.toString('utf8').replace(/\r$/, ''), isWhole);
  };
  try {
    for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
      hash.update(chunk);
      size += chunk.length;
      if (size > largest) throw tooLarge(path, 'is', largest);
      let start = 0;
      for (let feed = chunk.indexOf(10); feed >= 0; feed = chunk.indexOf(10, start)) {
        take(chunk.subarray(start, feed), true);
        start = feed + 1;
      }
      if (reader.isOver) break;
      if (start < chunk.length) rest.push(chunk.subarray(start));
      waiting += chunk.length - start;
      if (waiting > longest) throw tooLarge(path, 'has a line', longest);
    }
  } catch (error) {
    throw error instanceof MillraceError ? error : unreadable(path, error);
  }
  if (rest.length > 0) take(Buffer.alloc(0), false);
  const { recording, diagnostics } = reader.end();
  if (!recording) throw new PipelineError(diagnostics);
  return { ...recording, file: path, sha256: hash.digest('hex') };
}

function tooLarge(path: string, what: string, limit: number): MillraceError {
  return new MillraceError('too-large', `recording ${path} ${what} larger than ${formatSize(limit)}`);
}
