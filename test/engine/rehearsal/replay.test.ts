/** Sending queries when they are due. */
import { describe, expect, it } from 'vitest';
import { replay } from '../../../engine/rehearsal/replay.ts';
import type { QueryResult } from '../../../engine/runtime/query.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const result: QueryResult = { outputs: {}, shown: {}, stages: [], latency: 0 };

function setUp(latencyOf: (query: number) => number) {
  const clock = new VirtualClock();
  const sent: [query: number, at: number][] = [];
  const answered: number[] = [];
  const options = {
    clock,
    lead: 20,
    inputsOf: (query: number) => ({ number: String(query) }),
    infer: async ({ number }: { number?: unknown }) => {
      const query = Number(number);
      sent.push([query, clock.now()]);
      await new Promise<void>(resolve => clock.at(clock.now() + latencyOf(query), resolve));
      if (query === 13) throw new Error('unlucky');
      return result;
    },
    answered: (query: number) => answered.push(query),
  };
  return { clock, sent, answered, options };
}

describe('a replay', () => {
  it('sends each query when it is due, whatever became of those before', async () => {
    const { clock, sent, answered, options } = setUp(query => 30 - 10 * query);
    const arrivals = Float64Array.of(0, 5, 5);
    const { latencies, lateness, end } = await clock.until(replay(arrivals, options));
    expect(sent).toEqual([
      [0, 20],
      [1, 25],
      [2, 25],
    ]);
    expect([...latencies]).toEqual([30, 20, 10]);
    expect([...lateness]).toEqual([0, 0, 0]);
    expect(answered).toEqual([2, 1, 0]);
    expect(end).toBe(30);
  });

  it('counts latency from when a query was due, and tells how late it was sent', async () => {
    const { clock, options } = setUp(() => 10);
    const late = {
      ...clock,
      now: () => clock.now(),
      at: (time: number, act: () => void) => clock.at(time + 3, act),
    };
    const { latencies, lateness } = await clock.until(
      replay(Float64Array.of(0, 50), { ...options, clock: late }),
    );
    expect([...lateness]).toEqual([3, 3]);
    expect([...latencies]).toEqual([13, 13]);
  });

  it('fails with the first query that does, and sends no more', async () => {
    const { clock, sent, options } = setUp(() => 15);
    const arrivals = Float64Array.from({ length: 50 }, (_, query) => 10 * query);
    await expect(clock.until(replay(arrivals, options))).rejects.toThrow('unlucky');
    expect(sent.at(-1)).toEqual([14, 160]);
    expect(clock.pending).toBeLessThanOrEqual(1);
  });

  it('does not begin when it is called off before', async () => {
    const { clock, sent, options } = setUp(() => 1);
    const reason = new Error('enough');
    const signal = AbortSignal.abort(reason);
    await expect(clock.until(replay(Float64Array.of(0), { ...options, signal }))).rejects.toBe(reason);
    expect(sent).toEqual([]);
  });
});
