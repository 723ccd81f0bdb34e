/** What holds the main thread up, measured on this machine: whatever that is, it is told consistently. */
import { describe, expect, it } from 'vitest';
import { Budget } from '../../../engine/profiler/budget.ts';
import { measureCollections, measureStalls } from '../../../engine/profiler/pauses.ts';
import { realClock } from '../../../engine/index.ts';

const budget = (milliseconds: number) => new Budget(realClock, milliseconds);

/** Kept, so that collections have something to do. */
const kept: unknown[][] = [];
const allocate = async (queries: number) => {
  for (let query = 0; query < queries; query++) kept[query % 100] = Array.from({ length: 500 }, () => ({}));
};

describe('collections of garbage', () => {
  it('are counted by the queries between them', async () => {
    const collections = await measureCollections(budget(60_000), allocate);
    expect(collections!.queries).toBeGreaterThan(0);
    expect(collections!.queries).toBeLessThan(20_000);
    expect(collections!.time).toBeGreaterThan(0);
  });

  it('are not known where there was no time', async () => {
    expect(await measureCollections(budget(0), allocate)).toBe(undefined);
  });
});

describe('stalls', () => {
  it('are as long as is told, and the thread is anyone’s between two short looks', async () => {
    let turns = 0;
    const turn = async () => void turns++;
    const stalls = await measureStalls(budget(60_000), turn);
    expect(turns).toBeGreaterThan(10);
    const times = stalls?.quantiles.map(({ time }) => time) ?? [0.3];
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(times[0]).toBeGreaterThanOrEqual(0.3);
    expect(stalls?.every ?? 1).toBeGreaterThan(0);
  });

  it('are not known where there was no time', async () => {
    expect(await measureStalls(budget(0))).toBe(undefined);
  });
});
