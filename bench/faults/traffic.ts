/** Queries that come whatever became of those before, each with a text of its own, and how they ended. */
import { setTimeout as sleep } from 'node:timers/promises';
import { MillraceError, textOf, type QueryResult } from '../../engine/index.ts';
import type { BytesTensor } from '../../operators/index.ts';

/** How a query ended: with its own answer, with another's, or with an error's code. */
export type Outcome = 'answered' | 'mixed' | MillraceError['code'];

export interface TrafficOptions {
  /** Must answer with the text it is given, in output `text`. */
  ask: (text: string) => Promise<QueryResult>;
  /** What a query is for, as the first word of its text. */
  kindOf?: () => string;
}

/** Milliseconds after which an answer is late. */
const objective = 500;

export class Traffic {
  /** How many were sent, how many of them ended, and how many were answered late. */
  asked = 0;
  ended = 0;
  late = 0;
  readonly #options: TrafficOptions;
  /** By kind and outcome. */
  readonly #counts = new Map<string, Map<Outcome, number>>();
  #whenEmpty: (() => void) | null = null;

  constructor(options: TrafficOptions) {
    this.#options = options;
  }

  /** How many ended so, of one kind or of all. */
  count(outcome: Outcome, kind?: string): number {
    const counted = kind === undefined ? [...this.#counts.values()] : [this.#counts.get(kind)];
    return counted.reduce((sum, counts) => sum + (counts?.get(outcome) ?? 0), 0);
  }

  /** Every kind and outcome there was. */
  get all(): { kind: string; outcome: Outcome; count: number }[] {
    return [...this.#counts].flatMap(([kind, counts]) =>
      [...counts].map(([outcome, count]) => ({ kind, outcome, count })),
    );
  }

  /** Sends so many per second, at random times, until the signal comes and all have ended. */
  async send(rate: number, signal: AbortSignal): Promise<void> {
    const { kindOf = () => 'plain' } = this.#options;
    for (let next = performance.now(); !signal.aborted; next -= (Math.log(1 - Math.random()) * 1000) / rate) {
      const left = next - performance.now();
      if (left > 0) await sleep(left, undefined, { signal }).catch(() => undefined);
      if (!signal.aborted) void this.#send(kindOf());
    }
    if (this.ended < this.asked) await new Promise<void>(resolve => (this.#whenEmpty = resolve));
  }

  async #send(kind: string): Promise<void> {
    const text = `${kind} ${this.asked++}`;
    const start = performance.now();
    const outcome = await this.#options.ask(text).then(
      ({ outputs }): Outcome => (textOf(outputs['text'] as BytesTensor) === text ? 'answered' : 'mixed'),
      (error: unknown): Outcome => {
        if (error instanceof MillraceError) return error.code;
        throw error;
      },
    );
    if (outcome === 'answered' && performance.now() - start > objective) this.late++;
    const counts = this.#counts.get(kind) ?? new Map<Outcome, number>();
    this.#counts.set(kind, counts.set(outcome, (counts.get(outcome) ?? 0) + 1));
    if (++this.ended === this.asked) this.#whenEmpty?.();
  }
}
