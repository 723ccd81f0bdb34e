/** A closed loop: clients of an engine that each send the next query as soon as the last is answered. */
import { setMaxListeners } from 'node:events';
import type { Engine } from '../runtime/engine.ts';
import type { Budget } from './budget.ts';
import type { SampleQuery } from './recording.ts';

export interface ClientsOptions {
  budget: Budget;
  signal?: AbortSignal | undefined;
  /** Awaited before they begin; its time is not spent. */
  turn?: (() => Promise<void>) | undefined;
}

/** They take the samples in turns. */
export class Clients {
  /** Milliseconds from answer to answer, the last time that several sent any. */
  pace = 0;
  readonly #engine: Engine;
  readonly #samples: readonly SampleQuery[];
  readonly #options: ClientsOptions;
  /** Of the clients alone, so that as many as there are may listen. */
  readonly #signal: AbortSignal;
  #next = 0;

  constructor(engine: Engine, samples: readonly SampleQuery[], options: ClientsOptions) {
    this.#engine = engine;
    this.#samples = samples;
    this.#options = options;
    this.#signal = AbortSignal.any(options.signal ? [options.signal] : []);
    setMaxListeners(0, this.#signal);
  }

  get aborted(): boolean {
    return this.#signal.aborted;
  }

  /** Sends a sample, and waits for its answer. */
  async send({ inputs }: SampleQuery): Promise<void> {
    await this.#engine.infer(inputs, { signal: this.#signal });
  }

  /**
   * Has so many of them send queries until that is over: at least one each.
   * @returns queries that were answered
   */
  async run(count: number, isOver: () => boolean): Promise<number> {
    const { budget, turn } = this.#options;
    if (turn) await budget.wait(turn);
    const start = performance.now();
    let queries = 0;
    const client = async () => {
      do {
        await this.send(this.#samples[this.#next++ % this.#samples.length]!);
        queries++;
      } while (!isOver() && !this.aborted);
    };
    await Promise.all(Array.from({ length: count }, client));
    this.pace = (performance.now() - start) / queries;
    return queries;
  }
}
