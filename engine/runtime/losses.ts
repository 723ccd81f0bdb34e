/** Batches that did not come to their end: their items are run again, each alone, or fail. */
import { formatDuration, type MillraceError } from '../../operators/index.ts';
import type { Flight } from './flights.ts';
import type { Health } from './health.ts';
import type { Route, Router } from './program.ts';
import type { WorkItem } from './query.ts';
import { howLost, ReplicaLost } from './replica.ts';
import { stagesError } from './stages-error.ts';

export interface LossEvents {
  /** An item left its replica without a result; it may be queued again right after. */
  left(item: WorkItem): void;
  /** Items are to be queued again, each to run alone, before all others. */
  again(items: readonly WorkItem[]): void;
  failed(item: WorkItem, error: MillraceError): void;
}

export interface LossOptions {
  /** Names of the group's stages. */
  stages: readonly string[];
  router: Router;
  /** Whether all its stages may be run again. */
  pure: boolean;
  health: Health;
  events: LossEvents;
}

export class Losses {
  readonly #stages: readonly string[];
  readonly #router: Router;
  readonly #pure: boolean;
  readonly #health: Health;
  readonly #events: LossEvents;

  constructor({ stages, router, pure, health, events }: LossOptions) {
    this.#stages = stages;
    this.#router = router;
    this.#pure = pure;
    this.#health = health;
    this.#events = events;
  }

  /** A batch is over its time limit. Where its replica can't be killed it is let finish, but no one waits for it. */
  expire(flight: Flight): void {
    flight.pool.replace(flight.slot);
    this.#health.lost(new ReplicaLost('over its time limit'));
    if (flight.batch.length > 1 && this.#pure) {
      this.#again(flight);
      return;
    }
    for (const { item, route } of flight.batch) {
      this.#events.left(item);
      this.#events.failed(item, this.#timeLimitError(route, flight.limit));
    }
  }

  /** A replica was lost with its batch. */
  lose(flight: Flight, reason: unknown): void {
    const { batch, pool, slot } = flight;
    pool.replace(slot);
    pool.discard(slot);
    if (!pool.isEnding) this.#health.lost(reason);
    for (const { item } of batch) item.losses++;
    if (this.#pure && batch.every(({ item }) => item.losses < 2)) {
      this.#again(flight);
      return;
    }
    const message = ` lost the worker that ran this query (${howLost(reason)})`;
    const error = stagesError('stage-failed', this.#stages, message, reason);
    for (const { item } of batch) {
      this.#events.left(item);
      this.#events.failed(item, error);
    }
  }

  /** Queues a batch's items again, each to run alone, so that the one to blame is found. */
  #again({ batch }: Flight): void {
    const items: WorkItem[] = [];
    for (const { item, route } of batch) {
      this.#events.left(item);
      if (item.query.ended) continue;
      this.#router.undo(item, route);
      item.alone = true;
      items.push(item);
    }
    this.#events.again(items);
  }

  #timeLimitError({ stages }: Route, limit: number): MillraceError {
    const whose = stages.length === 1 ? 'its' : 'their';
    const message = ` took longer than ${whose} time limit of ${formatDuration(limit)}`;
    return stagesError(
      'deadline-exceeded',
      stages.map(stage => this.#router.stageName(stage)),
      message,
    );
  }
}
