/** The batches of a group that are under way. */
import { Bag, type Placed } from './bag.ts';
import type { Clock } from './clock.ts';
import type { Pool } from './pool.ts';
import type { Route } from './program.ts';
import type { WorkItem } from './query.ts';
import type { Slot } from './slot.ts';
import { Watchdog } from './watchdog.ts';

/** An item on a replica. */
export interface Dispatched {
  item: WorkItem;
  route: Route;
}

/** A batch under way. */
export interface Flight extends Placed {
  batch: readonly Dispatched[];
  pool: Pool;
  slot: Slot;
  start: number;
  /** Milliseconds it is expected to take; 0: not known. */
  expected: number;
  /** Milliseconds it may take. */
  limit: number;
  /** Its time limit is over, and nobody waits for it any more. */
  expired: boolean;
}

export class Flights {
  readonly #flights = new Bag<Flight>();
  readonly #watchdog: Watchdog;

  /** @param expired is told of a flight whose time limit is over; it is no longer under way then */
  constructor(clock: Clock, expired: (flight: Flight) => void) {
    this.#watchdog = new Watchdog(clock, () => {
      const now = clock.now();
      for (const flight of this.#flights) {
        if (endOf(flight) > now) continue;
        flight.expired = true;
        this.#flights.delete(flight);
        expired(flight);
      }
      return Math.min(...[...this.#flights].map(endOf));
    });
  }

  get size(): number {
    return this.#flights.size;
  }

  begin({ batch, pool, slot, start, expected, limit }: Omit<Flight, 'expired' | 'place'>): Flight {
    const flight: Flight = { batch, pool, slot, start, expected, limit, expired: false, place: -1 };
    this.#flights.add(flight);
    this.#watchdog.watch(endOf(flight));
    return flight;
  }

  end(flight: Flight): void {
    this.#flights.delete(flight);
  }

  /** Items' worth of work that the batches under way have been through, as far as their expected times tell. */
  progress(now: number): number {
    let items = 0;
    for (const { batch, start, expected } of this.#flights.members)
      if (expected > 0) items += batch.length * Math.min(1, (now - start) / expected);
    return items;
  }

  stop(): void {
    this.#watchdog.stop();
  }
}

function endOf({ start, limit }: Flight): number {
  return start + limit;
}
