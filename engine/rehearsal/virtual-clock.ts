/** A clock for what should take no time: a test, or a bench of an hour of traffic. */
import type { Clock } from '../runtime/clock.ts';

interface Timer {
  time: number;
  sequence: number;
  action: () => void;
}

/** Lets everything that needs no time happen: promise callbacks, and what they start in turn. */
async function settle(): Promise<void> {
  // An immediate runs after all microtasks; a few in a row also cover chains that go through one.
  for (let i = 0; i < 3; i++) await new Promise(resolve => setImmediate(resolve));
}

/** A clock that moves only when told, from one due action to the next; ties go by the order they were asked for. */
export class VirtualClock implements Clock {
  #now = 0;
  #sequence = 0;
  #timers: Timer[] = [];

  now(): number {
    return this.#now;
  }

  at(time: number, action: () => void): () => void {
    const timer = { time: Math.max(time, this.#now), sequence: this.#sequence++, action };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter(other => other !== timer);
    };
  }

  /** Number of actions still due. */
  get pending(): number {
    return this.#timers.length;
  }

  /** Runs everything due up to `time`, and all that follows from it. */
  async advanceTo(time: number): Promise<void> {
    await settle();
    for (;;) {
      const [next] = this.#timers.sort((a, b) => a.time - b.time || a.sequence - b.sequence);
      if (!next || next.time > time) break;
      this.#timers.shift();
      this.#now = next.time;
      next.action();
      await settle();
    }
    this.#now = Math.max(this.#now, time);
  }

  /** Runs until `promise` has settled. @throws if nothing is due and it still has not */
  async until<T>(promise: Promise<T>): Promise<T> {
    let over = false;
    const done = () => {
      over = true;
    };
    promise.then(done, done);
    await settle();
    const patience = performance.now() + 30_000;
    while (!over) {
      const next = Math.min(...this.#timers.map(({ time }) => time));
      if (next < Infinity) await this.advanceTo(next);
      // What a replica starts with is loaded from disk, in real time.
      else if (performance.now() < patience) await settle();
      else throw new Error('nothing is due, and it has not settled');
    }
    return promise;
  }
}
