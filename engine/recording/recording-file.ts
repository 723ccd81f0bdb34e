/**
 * A recording as it is written: behind the server's back, so that a slow disk holds up nothing. What the disk does not
 * keep up with is left out and counted. Whole lines are written, at the latest after a second.
 */
import { once } from 'node:events';
import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { pino } from 'pino';
import { formatSize, MillraceError } from '../../operators/index.ts';
import { recordingVersion, type RecordingHeader } from '../../planner/index.ts';
import type { Log } from '../runtime/log.ts';

/** Bytes that may wait for the disk. */
const mostWaiting = 16 * 1024 ** 2;
/** Milliseconds until what waits is written. */
const flushEvery = 1000;
/** Bytes that are handed to the disk in one go; lines are put together into so many, and copied while they are. */
const atOnce = { least: 16 * 1024, most: 64 * 1024 };
const readAtOnce = 64 * 1024;

export interface RecordingFileOptions {
  pipelines: RecordingHeader['pipelines'];
  /** Bytes of the file at which recording ends. */
  limit: number;
  log: Log;
  /** Bytes that may wait for the disk (16 MiB unless given). */
  waiting?: number;
}

type Destination = ReturnType<typeof pino.destination>;

export class RecordingFile {
  /** When the recording began, as of `performance.now()`. */
  readonly started: number;
  readonly #path: string;
  readonly #stream: Destination;
  readonly #limit: number;
  readonly #log: Log;
  #size: number;
  /** Lines left out since the disk kept up. */
  #dropped = 0;
  /** Whether the line that was written last did not fit. */
  #refused = false;
  #hasFailed = false;
  #closed: Promise<void> | null = null;

  private constructor(path: string, fd: number, size: number, options: RecordingFileOptions) {
    const { limit, log, waiting = mostWaiting } = options;
    this.started = performance.now();
    this.#path = path;
    this.#size = size;
    this.#limit = limit;
    this.#log = log;
    this.#stream = pino.destination({
      fd,
      sync: false,
      minLength: atOnce.least,
      maxWrite: atOnce.most,
      maxLength: waiting,
      periodicFlush: flushEvery,
    });
    this.#stream.on('drop', () => (this.#refused = true));
    this.#stream.on('drain', () => this.#resume());
    this.#stream.on('error', error => this.#fail(error));
  }

  /**
   * Opens a recording, to go on with it where there is one.
   * @throws MillraceError `not-found` if there can be no such file, `unavailable` if it is something else
   */
  static open(path: string, options: RecordingFileOptions): RecordingFile {
    let fd: number;
    try {
      // Reads and writes, makes it if it is not there, and leaves what is in it.
      fd = openSync(path, 'a+');
    } catch (error) {
      throw unwritable(path, error);
    }
    try {
      const header: RecordingHeader = {
        millrace: recordingVersion,
        started: new Date().toISOString(),
        pipelines: options.pipelines,
      };
      const line = `${JSON.stringify(header)}\n`;
      const kept = keepWholeLines(fd, path);
      writeSync(fd, line);
      return new RecordingFile(path, fd, kept + Buffer.byteLength(line), options);
    } catch (error) {
      closeSync(fd);
      throw error instanceof MillraceError ? error : unwritable(path, error);
    }
  }

  /** Whether nothing more is written. */
  get isOver(): boolean {
    return this.#closed !== null;
  }

  /** Adds a line, without waiting for the disk. */
  write(line: string): void {
    if (this.isOver) return;
    if (this.#size + Buffer.byteLength(line) >= this.#limit) {
      const message = `${this.#path} has reached ${formatSize(this.#limit)}: nothing more is recorded`;
      this.#log.warn({ recording: this.#path }, message);
      void this.close();
    } else if (this.#dropped > 0 || !this.#put(line)) this.#dropped++;
  }

  /** Writes what waits. */
  close(): Promise<void> {
    this.#closed ??= this.#finish();
    return this.#closed;
  }

  /** Whether there was room for it. */
  #put(line: string): boolean {
    this.#refused = false;
    this.#stream.write(`${line}\n`);
    if (!this.#refused) this.#size += Buffer.byteLength(line) + 1;
    return !this.#refused;
  }

  /** The disk has caught up. */
  #resume(): void {
    if (this.#dropped === 0) return;
    const message = `${this.#dropped} queries are not recorded: ${this.#path} can't be written that fast`;
    this.#log.warn({ recording: this.#path }, message);
    this.#put(JSON.stringify({ dropped: this.#dropped }));
    this.#dropped = 0;
  }

  async #finish(): Promise<void> {
    this.#resume();
    const closed = once(this.#stream, 'close');
    this.#stream.end();
    // What goes wrong is told by `#fail`.
    await closed.catch(() => undefined);
  }

  #fail(error: unknown): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.#closed ??= Promise.resolve();
    this.#log.error(
      { recording: this.#path, err: error },
      `${this.#path} can't be written: nothing more is recorded`,
    );
    this.#stream.destroy();
  }
}

/**
 * Readies a file to be gone on with: cuts off what is left of a line whose writer was killed.
 * @returns its size
 * @throws MillraceError `unavailable` if it is no recording of this version
 */
function keepWholeLines(fd: number, path: string): number {
  const stats = fstatSync(fd);
  if (!stats.isFile()) throw other(path, 'it is no file');
  const { size } = stats;
  if (size === 0) return 0;
  const begin = Buffer.alloc(64);
  const [, version] =
    /^\{"millrace":"(recording\/\d+)"/.exec(begin.toString('utf8', 0, readSync(fd, begin, 0, 64, 0))) ?? [];
  if (version === undefined) throw other(path, 'it is there already, and is no recording');
  if (version !== recordingVersion) throw other(path, `it is there already, of another version: ${version}`);
  const chunk = Buffer.alloc(readAtOnce);
  for (let end = size; end > 0;) {
    const from = Math.max(0, end - readAtOnce);
    const feed = chunk.subarray(0, readSync(fd, chunk, 0, end - from, from)).lastIndexOf(10);
    if (feed >= 0) {
      ftruncateSync(fd, from + feed + 1);
      return from + feed + 1;
    }
    end = from;
  }
  ftruncateSync(fd, 0);
  return 0;
}

function other(path: string, why: string): MillraceError {
  return new MillraceError('unavailable', `nothing can be recorded in ${path}: ${why}; give another file`);
}

function unwritable(path: string, error: unknown): MillraceError {
  const { code = String(error) } = error as NodeJS.ErrnoException;
  const why = {
    ENOENT: 'there is no such folder',
    EISDIR: 'it is a folder',
    EACCES: 'it may not be written',
  }[code];
  return new MillraceError('not-found', `nothing can be recorded in ${path}: ${why ?? code}`, {
    cause: error,
  });
}
