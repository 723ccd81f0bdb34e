import type { ProfileProgress } from '../../profiler/profile-options.ts';

const width = 20;
const steps = {
  samples: 'sending samples through',
  start: 'starting stages',
  engine: 'engine',
  whole: 'pipeline as a whole',
};

/** What is done, how far that is, and for how long it may still go on. */
function describeProgress({ doing, share, left }: ProfileProgress): string {
  const done = Math.round(share * width);
  const bar = '█'.repeat(done) + '░'.repeat(width - done);
  const what =
    'stage' in doing ? `${doing.stage}, batch ${doing.batch}, ${doing.repetition}` : steps[doing.step];
  return `${bar} ${what}, at most ${Math.ceil(left / 1000)} s left`;
}

/** A bar on a terminal, nothing in a pipe. */
export class ProgressBar {
  readonly #shown: boolean;
  #last = -Infinity;

  /** @param quiet shows nothing on a terminal either */
  constructor(quiet: boolean) {
    this.#shown = process.stderr.isTTY === true && !quiet;
  }

  show(progress: ProfileProgress): void {
    const now = performance.now();
    // A fast stage runs thousands of times a second.
    if (!this.#shown || (now - this.#last < 100 && 'stage' in progress.doing)) return;
    this.#last = now;
    const line = describeProgress(progress);
    process.stderr.write(`\r\u001b[K${line.slice(0, (process.stderr.columns || 80) - 1)}`);
  }

  /** Wipes it, so that something else can be printed. */
  clear(): void {
    if (this.#shown) process.stderr.write('\r\u001b[K');
  }
}
