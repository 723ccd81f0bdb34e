import { rmSync } from 'node:fs';
import { open, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { MillraceError, type ErrorCode } from '../../operators/index.ts';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Writes a file that appears whole or not at all: whatever goes wrong, what was there before is still there.
 *
 * @throws MillraceError `not-found` where no file of that name can be written; `unavailable` where writing fails, on a
 *   full disk for one
 */
export async function writeWhole(path: string, text: string): Promise<void> {
  const file = await WholeFile.open(path);
  try {
    await file.write(text);
    await file.finish();
  } catch (error) {
    await file.abandon();
    throw error;
  }
}

/** A file that takes its name only once it is whole. Until then it is beside it, with `.part` after its name. */
export class WholeFile {
  readonly #path: string;
  readonly #part: string;
  readonly #file: FileHandle;

  private constructor(path: string, part: string, file: FileHandle) {
    this.#path = path;
    this.#part = part;
    this.#file = file;
    process.on('exit', this.#remove);
    for (const signal of signals) process.on(signal, this.#interrupted);
  }

  /** @throws MillraceError `not-found` where no file of that name can be written */
  static async open(path: string): Promise<WholeFile> {
    const part = `${path}.part`;
    const present = await stat(path).catch(() => null);
    // The finished file would be renamed over a device or a pipe, and can't be over a folder.
    if (present && !present.isFile()) throw unwritable(path, 'it is no file', 'not-found');
    try {
      return new WholeFile(path, part, await open(part, 'w'));
    } catch (error) {
      const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
      throw unwritable(path, missing ? 'there is no such folder' : error, 'not-found');
    }
  }

  /** @throws MillraceError `unavailable` where it can't, on a full disk for one */
  async write(text: string): Promise<void> {
    await this.#file.appendFile(text).catch(error => this.#fail(error));
  }

  /** Gives the file its name. @throws MillraceError `unavailable` where it can't */
  async finish(): Promise<void> {
    try {
      await this.#file.close();
      await rename(this.#part, this.#path);
    } catch (error) {
      this.#fail(error);
    }
    this.#forget();
  }

  /** Leaves nothing of it. */
  async abandon(): Promise<void> {
    // Closed already if it was the renaming that failed.
    await this.#file.close().catch(() => {});
    await rm(this.#part, { force: true });
    this.#forget();
  }

  #fail(error: unknown): never {
    throw unwritable(this.#path, error, 'unavailable');
  }

  #forget(): void {
    process.off('exit', this.#remove);
    for (const signal of signals) process.off(signal, this.#interrupted);
  }

  #remove = (): void => {
    rmSync(this.#part, { force: true });
  };

  #interrupted = (signal: NodeJS.Signals): void => {
    this.#remove();
    this.#forget();
    // Ends as it would have without us, so that a shell sees what ended it.
    process.kill(process.pid, signal);
  };
}

function unwritable(path: string, why: unknown, code: ErrorCode): MillraceError {
  // Without what Node appends: the system call, and the name of the file that is not the one asked for.
  const reason = why instanceof Error ? why.message.replace(/, \w+( '[^]*)?$/, '') : String(why);
  return new MillraceError(code, `${path} can't be written: ${reason}`, { cause: why });
}
