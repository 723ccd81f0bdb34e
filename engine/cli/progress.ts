/** Progress of long work: one line on a terminal, nothing in a pipe. */
export class Progress {
  readonly #total: number;
  readonly #shown: boolean;
  readonly #started = performance.now();
  #done = 0;
  #last = 0;

  /**
   * @param total how many steps there are
   * @param least shows nothing for fewer steps than this; 0: never shows anything
   */
  constructor(total: number, least: number) {
    this.#total = total;
    this.#shown = process.stderr.isTTY === true && least > 0 && total >= least;
  }

  /** Shows what is being done before the first step. */
  note(what: string): void {
    if (this.#shown) process.stderr.write(`\r\u001b[K${what}…`);
  }

  /** One more step is done. */
  step(): void {
    this.#done++;
    const now = performance.now();
    if (!this.#shown || now - this.#last < 100) return;
    this.#last = now;
    const left = ((now - this.#started) / this.#done) * (this.#total - this.#done);
    process.stderr.write(`\r\u001b[K${this.#done} of ${this.#total}, ${Math.ceil(left / 1000)} s left`);
  }

  /** Wipes the line, so that something else can be printed. */
  clear(): void {
    if (this.#shown) process.stderr.write('\r\u001b[K');
    this.#last = 0;
  }
}
