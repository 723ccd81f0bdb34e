/** What is counted of one stage. */
import type { StageBatch } from '../../runtime/events.ts';
import { RecentHistogram } from './recent.ts';

/** Batches of one size. */
export interface BatchTally {
  count: number;
  /** Milliseconds they took. */
  time: number;
}

export class StageRecorder {
  readonly name: string;
  /** Of items. */
  readonly queue = new RecentHistogram();
  /** Of items: the time of the batch each was in. */
  readonly service = new RecentHistogram();
  /** By size; there are no more sizes than a pool's batch allows. */
  readonly batches = new Map<number, BatchTally>();
  /** Queries that failed here. */
  failures = 0;
  /** Milliseconds of batches that went into items whose queries had ended meanwhile. */
  wasted = 0;

  constructor(name: string) {
    this.name = name;
  }

  ran({ service, waited }: StageBatch): void {
    for (const wait of waited) this.queue.record(wait);
    this.service.record(service, waited.length);
    const tally = this.batches.get(waited.length);
    if (tally) {
      tally.count++;
      tally.time += service;
    } else this.batches.set(waited.length, { count: 1, time: service });
  }

  turn(): void {
    this.queue.turn();
    this.service.turn();
  }
}
