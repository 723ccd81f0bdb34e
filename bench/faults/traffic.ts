/** Queries that come whatever became of those before, each with a text of its own, and how each ended. */
import { setTimeout as sleep } from 'node:timers/promises';
import { MillraceError, textOf, type QueryResult } from '../../engine/index.ts';
import type { BytesTensor } from '../../operators/index.ts';

/** What a query is sent as. Must answer with the text it was given, in output `text`. */
export type Ask = (text: string) => Promise<QueryResult>;

export interface Ended {
  text: string;
  /** Its error's code, or whether the answer is its own. */
  outcome: 'answered' | 'mixed' | MillraceError['code'];
  /** Milliseconds. */
  latency: number;
}

export class Traffic {
  readonly ended: Ended[] = [];
  readonly #ask: Ask;
  readonly #nameOf: (query: number) => string;
  #asked = 0;
  #open = 0;
  #whenEmpty: (() => void) | null = null;

  /** @param nameOf the text of each query, none like another */
  constructor(ask: Ask, nameOf: (query: number) => string = query => `query ${query}`) {
    this.#ask = ask;
    this.#nameOf = nameOf;
  }

  get asked(): number {
    return this.#asked;
  }

  /** How many ended so. */
  count(isCounted: (ended: Ended) => boolean): number {
    return this.ended.filter(isCounted).length;
  }

  /** Sends so many per second, at random times, until the signal comes and all have ended. */
  async send(rate: number, signal: AbortSignal): Promise<void> {
    for (let next = performance.now(); !signal.aborted; next -= (Math.log(1 - Math.random()) * 1000) / rate) {
      const left = next - performance.now();
      if (left > 0) await sleep(left, undefined, { signal }).catch(() => undefined);
      if (!signal.aborted) void this.#send(this.#nameOf(this.#asked++));
    }
    if (this.#open > 0) await new Promise<void>(resolve => (this.#whenEmpty = resolve));
  }

  async #send(text: string): Promise<void> {
    const start = performance.now();
    this.#open++;
    const outcome = await this.#ask(text).then(
      ({ outputs }) => (textOf(outputs['text'] as BytesTensor) === text ? 'answered' : 'mixed'),
      (error: unknown) => {
        if (error instanceof MillraceError) return error.code;
        throw error;
      },
    );
    this.ended.push({ text, outcome, latency: performance.now() - start });
    if (--this.#open === 0) this.#whenEmpty?.();
  }
}
