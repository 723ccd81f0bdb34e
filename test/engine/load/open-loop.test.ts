import { describe, expect, it } from 'vitest';
import { sendOpenLoop } from '../../../engine/load/open-loop.ts';

const arrivals = (count: number, gap: number) => Float64Array.from({ length: count }, (_, i) => 5 + i * gap);

describe('an open loop', () => {
  it.each([
    ['far apart', 20, 4],
    ['close together', 300, 0.1],
    ['all at once', 50, 0],
  ])('sends every query once, in order and never early: %s', async (_, count, gap) => {
    const sent: number[] = [];
    const early: number[] = [];
    const lateness = await sendOpenLoop(arrivals(count, gap), {
      send(query, due) {
        sent.push(query);
        if (performance.now() < due) early.push(query);
      },
    });
    expect(sent).toEqual(Array.from({ length: count }, (_, index) => index));
    expect(early).toEqual([]);
    expect(lateness).toHaveLength(count);
  });

  it('keeps the intended gaps, whatever was sent late', async () => {
    const due: number[] = [];
    await sendOpenLoop(arrivals(5, 1), {
      send(query, at) {
        due.push(at);
        // A send that takes longer than the gaps: what comes after is late, and known to be.
        const end = performance.now() + (query === 0 ? 10 : 0);
        while (performance.now() < end);
      },
    });
    expect(due.map(at => Math.round(at - due[0]!))).toEqual([0, 1, 2, 3, 4]);
  });

  it('stops when told, and of nothing sends nothing', async () => {
    const stop = new AbortController();
    const sent: number[] = [];
    const send = (query: number) => {
      sent.push(query);
      if (query === 2) stop.abort();
    };
    const lateness = await sendOpenLoop(arrivals(100, 5), { send, signal: stop.signal });
    expect([sent, lateness.length]).toEqual([[0, 1, 2], 3]);
    expect(await sendOpenLoop(new Float64Array(0), { send })).toHaveLength(0);
  });

  it('that is told to stop does not wait for the next query', async () => {
    const stop = new AbortController();
    const send = () => void setImmediate(() => stop.abort());
    expect(await sendOpenLoop(Float64Array.of(0, 3_600_000), { send, signal: stop.signal })).toHaveLength(1);
    expect(await sendOpenLoop(Float64Array.of(0), { send, signal: stop.signal })).toHaveLength(0);
  });
});
