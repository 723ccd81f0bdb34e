import { describe, expect, it } from 'vitest';
import { gammaArrivals } from '../../planner/index.ts';
import { isAtRest, pipelineOf, startVirtual } from '../support/virtual-engine.ts';

const limit = 100;
const seconds = 4;

/** Two stages with batches of 8; the second, the narrow one, can do 400 queries a second. */
const start = async (deadline: boolean) =>
  startVirtual(
    await pipelineOf(
      `  a: { operator: emulate, inputs: { in: inputs.text }, params: { latency: { 1: 4 ms, 8: 10 ms } } }
  b: { operator: emulate, inputs: { in: a.out }, params: { latency: { 1: 10 ms, 8: 20 ms } } }`,
      '{ out: b.out }',
    ),
    { batch: 8, ...(deadline && { deadline: limit }) },
  );

interface Client {
  name: string;
  /** Queries per second. */
  rate: number;
}

/** Answers within the limit per second and client, and how many answers came later. */
async function offer(clients: readonly Client[], { deadline = true } = {}) {
  const { engine, clock } = await start(deadline);
  const good = new Map(clients.map(({ name }) => [name, 0]));
  const failed: string[] = [];
  let late = 0;
  const asked: Promise<void>[] = [];
  const arrivals = clients
    .flatMap(({ name, rate }, seed) =>
      [...gammaArrivals(rate, 1, rate * seconds, seed + 1)].map(at => ({ at, name })),
    )
    .toSorted((a, b) => a.at - b.at);
  for (const { at, name } of arrivals) {
    await clock.advanceTo(at);
    asked.push(
      engine.infer({ text: 'x' }, { client: name }).then(
        () => {
          if (clock.now() - at > limit) late++;
          // Until it has seen some batches, the engine knows nothing of them.
          else if (at > 1000) good.set(name, good.get(name)! + 1);
        },
        ({ code }: { code: string }) => void failed.push(code),
      ),
    );
  }
  await clock.until(Promise.all(asked));
  expect(isAtRest(engine)).toBe(true);
  const rates = [...good.values()].map(count => count / (seconds - 1));
  return { rates, all: rates.reduce((sum, rate) => sum + rate, 0), late, failed };
}

describe('under overload', () => {
  it.each([2, 5])('of %i times what it can do, the engine does nine tenths of that in time', async times => {
    const { all, late } = await offer([{ name: 'a', rate: 400 * times }]);
    expect(all).toBeGreaterThan(360);
    expect(late).toBe(0);
  });

  it('nearly all that is not answered is refused at the door', async () => {
    const { failed } = await offer([{ name: 'a', rate: 2000 }]);
    expect(failed.filter(code => code !== 'overloaded').length).toBeLessThan(0.05 * failed.length);
  });

  it('a plain queue answers next to nothing in time', async () => {
    const { all } = await offer([{ name: 'a', rate: 1000 }], { deadline: false });
    expect(all).toBeLessThan(100);
  });

  it('who asks for less than a fair share is answered, whatever others ask', async () => {
    const { rates } = await offer([
      { name: 'greedy', rate: 1500 },
      { name: 'modest', rate: 100 },
    ]);
    expect(rates[1]).toBeGreaterThan(90);
    expect(rates[0]! + rates[1]!).toBeGreaterThan(350);
  });

  it('those who ask for more get about the same', async () => {
    const { rates } = await offer([
      { name: 'greedy', rate: 1500 },
      { name: 'less greedy', rate: 500 },
    ]);
    expect(rates[1]! / rates[0]!).toBeGreaterThan(0.6);
    expect(rates[0]! + rates[1]!).toBeGreaterThan(350);
  });
});
