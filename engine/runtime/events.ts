/** What happens in an engine beside its queries' answers, for those who count. */
import type { Dispatched } from './flights.ts';
import type { Layout } from './layout.ts';
import type { StageTimes } from './query.ts';

/** A stage as one batch passed it. */
export interface StageBatch {
  stage: string;
  /** Name of the hardware type it ran on. */
  hardware: string;
  /** Milliseconds it took. */
  service: number;
  /**
   * Milliseconds that each item waited in the queue before; 0 for one that came from another stage on the same replica.
   */
  waited: readonly number[];
}

/** Listeners must not throw. */
export interface EngineEvents {
  /** A query came, whatever becomes of it. @param now on the engine's clock, in milliseconds */
  arrived?(now: number): void;
  /** A query was answered. */
  answered?(stages: readonly StageTimes[]): void;
  /** A replica gave its results. */
  batchDone?(batch: { group: string; hardware: string; items: number }): void;
  /** Comes for each stage that a batch's items were sent through, failed or not. */
  stageDone?(batch: StageBatch): void;
  /** Milliseconds of a stage's batch that went into an item whose query had ended meanwhile. */
  wasted?(stage: string, milliseconds: number): void;
  /** A replica ended on its own or could not be reached any more; it is replaced. */
  replicaLost?(group: string): void;
  /** A group takes no queries from now on, and why; null: it takes them again. */
  circuit?(group: string, trouble: string | null): void;
}

/** Tells of each stage that a batch passed. @param times milliseconds, by the stage's place in the group */
export function tellStages(
  events: EngineEvents,
  batch: readonly Dispatched[],
  times: readonly number[],
  { stages }: Layout,
  hardware: string,
): void {
  if (!events.stageDone) return;
  const waits: (number[] | undefined)[] = [];
  const names: string[] = [];
  for (const { item, route } of batch) {
    for (let step = 0; step < route.stages.length; step++) {
      const place = route.program[step]!.stage;
      const waited = step === 0 ? item.started - item.queued : 0;
      const others = waits[place];
      if (others) others.push(waited);
      else {
        waits[place] = [waited];
        names[place] = stages[route.stages[step]!]!.stage.name;
      }
    }
  }
  for (let place = 0; place < waits.length; place++) {
    const waited = waits[place];
    if (waited) events.stageDone({ stage: names[place]!, hardware, service: times[place]!, waited });
  }
}

/** Tells all of them, in turn. */
export function eventsOfAll(listeners: readonly EngineEvents[]): EngineEvents {
  if (listeners.length === 1) return listeners[0]!;
  return {
    arrived: now => listeners.forEach(each => each.arrived?.(now)),
    answered: stages => listeners.forEach(each => each.answered?.(stages)),
    batchDone: batch => listeners.forEach(each => each.batchDone?.(batch)),
    stageDone: batch => listeners.forEach(each => each.stageDone?.(batch)),
    wasted: (stage, milliseconds) => listeners.forEach(each => each.wasted?.(stage, milliseconds)),
    replicaLost: group => listeners.forEach(each => each.replicaLost?.(group)),
  };
}
