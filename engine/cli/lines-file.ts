import { WholeFile } from './whole-file.ts';

/** A file of lines that takes its name only once it is whole. What it throws is what a `WholeFile` does. */
export class LinesFile {
  readonly #file: WholeFile;

  private constructor(file: WholeFile) {
    this.#file = file;
  }

  static async open(path: string): Promise<LinesFile> {
    return new LinesFile(await WholeFile.open(path));
  }

  async write(line: string): Promise<void> {
    await this.#file.write(`${line}\n`);
  }

  /** Gives the file its name. */
  async finish(): Promise<void> {
    await this.#file.finish();
  }

  /** Leaves nothing of it. */
  async abandon(): Promise<void> {
    await this.#file.abandon();
  }
}
