import { describe, expect, it } from 'vitest';
import { FairShare } from '../../engine/runtime/fair-share.ts';
import { pipelineOf, startVirtual } from '../support/virtual-engine.ts';

/** Answers of 20 s, by client, where each asks so often a second for 10 ms of one replica, within 200 ms. */
async function answers(rates: Readonly<Record<string, number>>): Promise<Record<string, number>> {
  const stages = '  a: { operator: emulate, inputs: { in: inputs.text }, params: { latency: { 1: 10 ms } } }';
  const { engine, clock } = await startVirtual(await pipelineOf(stages, '{ out: a.out }'));
  const end = 20_000;
  const answered: Record<string, number> = {};
  for (const [client, rate] of Object.entries(rates)) {
    answered[client] = 0;
    const count = () => void answered[client]!++;
    const ask = () => {
      engine.infer({ text: client }, { client, timeout: 200 }).then(count, () => undefined);
      const next = clock.now() + 1000 / rate;
      if (next < end) clock.at(next, ask);
    };
    clock.at(0, ask);
  }
  await clock.advanceTo(end + 1000);
  await clock.until(engine.close());
  return answered;
}

describe('fair shares', () => {
  it('are the most that the least get, while there is too much to do', async () => {
    const got = await answers({ modest: 20, middling: 110, greedy: 310 });
    expect(got['modest']! + got['middling']! + got['greedy']!).toBeGreaterThan(0.9 * 2000);
    expect(got['modest']).toBeGreaterThan(0.95 * 400);
    // What is left is theirs in equal parts, though one asks three times as often.
    expect(got['middling']).toBeGreaterThan(0.8 * 800);
    expect(got['greedy']).toBeGreaterThan(0.8 * 800);
  });

  it('keep nobody from what nobody else wants', async () => {
    const got = await answers({ modest: 5, greedy: 60 });
    expect(got).toEqual({ modest: 100, greedy: 1200 });
  });

  it('are accounted for a thousand clients at most', () => {
    const shares = new FairShare();
    for (let asked = 0; asked < 20; asked++) shares.give('first', 0);
    for (let client = 0; client < 5000; client++) shares.give(`c${client}`, 0);
    expect(shares.allowance('first', 0)).toBeLessThan(0.6);
    expect(shares.allowance('c4999', 0)).toBe(1);
  });
});
