/** Whether a group can do its work: its workers that end or don't start, and the circuit that they open. */
import { formatDuration, type MillraceError } from '../../operators/index.ts';
import { Circuit } from './circuit.ts';
import type { Clock } from './clock.ts';
import type { Pool } from './pool.ts';
import { howLost } from './replica.ts';
import { stagesError } from './stages-error.ts';

export interface HealthEvents {
  /** For the log. */
  replicaLost(reason: unknown): void;
  /** No queries are taken from now on, and why; null: they are again. */
  circuit(trouble: MillraceError | null): void;
}

export interface HealthOptions {
  /** Names of the group's stages. */
  stages: readonly string[];
  clock: Clock;
  /** As they are now. */
  pools: () => readonly Pool[];
  events: HealthEvents;
}

export class Health {
  readonly #stages: readonly string[];
  readonly #clock: Clock;
  readonly #pools: () => readonly Pool[];
  readonly #events: HealthEvents;
  readonly #circuit = new Circuit();

  constructor({ stages, clock, pools, events }: HealthOptions) {
    this.#stages = stages;
    this.#clock = clock;
    this.#pools = pools;
    this.#events = events;
  }

  /** Why no queries are taken; null: they are. */
  get trouble(): MillraceError | null {
    if (!this.#circuit.isOpen) return null;
    const left = Math.min(...this.#pools().map(({ nextStart }) => nextStart)) - this.#clock.now();
    const again = left > 0 && left < Infinity ? `again in ${formatDuration(rounded(left))}` : 'again now';
    return stagesError('unavailable', this.#stages, `: ${this.#circuit.why}; trying ${again}`);
  }

  get isOpen(): boolean {
    return this.#circuit.isOpen;
  }

  /** Whether one item at a time is tried, to see whether it comes back. */
  get isTrying(): boolean {
    return this.#circuit.isHalfOpen;
  }

  /** A replica is ready. */
  ready(): void {
    this.#circuit.ready();
  }

  /** A batch came back. */
  succeeded(): void {
    if (this.#circuit.succeeded()) this.#events.circuit(null);
  }

  /** A replica was lost. */
  lost(reason: unknown): void {
    this.#events.replicaLost(reason);
    if (this.#circuit.lost(this.#clock.now(), howLost(reason), this.#live)) this.#opened();
  }

  /** A replica could not be replaced. */
  startFailed(): void {
    if (this.#circuit.startFailed(this.#live)) this.#opened();
  }

  get #live(): number {
    return this.#pools().reduce((sum, { live }) => sum + live, 0);
  }

  #opened(): void {
    this.#events.circuit(this.trouble);
  }
}

/** To full seconds, of less than a second to tenths. */
function rounded(milliseconds: number): number {
  const step = milliseconds < 1000 ? 100 : 1000;
  return Math.ceil(milliseconds / step) * step;
}
