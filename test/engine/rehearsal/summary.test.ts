/** Predicted and measured, side by side. */
import { describe, expect, it } from 'vitest';
import { calibrate } from '../../../engine/rehearsal/calibrate.ts';
import { rehearse } from '../../../engine/rehearsal/rehearse.ts';
import { asRehearsed, predict, summarise } from '../../../engine/rehearsal/summary.ts';
import { localReplicas } from '../../../engine/runtime/local-replica.ts';
import { gammaArrivals } from '../../../planner/index.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { groupsOf, pool, systemOf } from './systems.ts';

const stages = `
  a: { operator: x, inputs: { in: inputs.text } }
  b: { each: a.list, operator: x, inputs: { in: item } }`;
const system = systemOf(stages, 'b.out', { a: { time: 20 }, b: { time: 10, scale: [2, 0, 1] } });
const groups = groupsOf({ a: [pool(1)], b: [pool(1), pool(1, 4, 't4')] });
const slo = [{ percentile: 90, limit: 50 }];
const free = { query: 0, hop: 0, wake: 0 };

describe('what was measured', () => {
  it('in virtual time, over several samples, is what was predicted of them together', async () => {
    const samples = [1, 2].map(seed => ({ seed, arrivals: gammaArrivals(20, 1, 50 * seed, seed) }));
    const rehearsals = [];
    for (const sample of samples) {
      const clock = new VirtualClock();
      const options = { clock, replicas: localReplicas(clock) };
      rehearsals.push(await clock.until(rehearse(system, groups, sample, options)));
    }
    const predicted = predict(asRehearsed(system, free), groups, samples, slo);
    const measured = summarise(rehearsals, slo);
    expect(Object.keys(measured.percentiles)).toEqual(['p50', 'p90', 'p95', 'p99']);
    for (const [name, time] of Object.entries(predicted.percentiles))
      expect(measured.percentiles[name]).toBeCloseTo(time, 6);
    expect(measured.mean).toBeCloseTo(predicted.mean, 6);
    for (const [name, busy] of Object.entries(predicted.utilisation))
      expect(measured.utilisation[name]).toBeCloseTo(busy, 6);
    for (const [index, { name, items, queue, service }] of predicted.stages.entries()) {
      expect(measured.stages[index]).toMatchObject({ name, items });
      expect(measured.stages[index]!.queue).toBeCloseTo(queue, 6);
      expect(measured.stages[index]!.service).toBeCloseTo(service, 6);
    }
  });
});

describe('what is predicted of a rehearsal', () => {
  it('has the engine cost what it costs here, and no replica slow another', () => {
    const types = { ...system.hardware.types };
    const crowded = {
      ...system,
      hardware: { types, limits: {}, hosts: { here: { cores: 1, types: ['cpu'] } } },
    };
    const sample = { seed: 1, arrivals: Float64Array.of(0, 1000, 2000) };
    const alone = predict(system, groups, [sample], []);
    expect(predict(asRehearsed(crowded, free), groups, [sample], [])).toEqual(alone);
    const costly = predict(asRehearsed(crowded, { query: 1, hop: 2, wake: 3 }), groups, [sample], []);
    // The slowest query is one with items: its own cost, and that of two batches one after the other at least.
    expect(costly.percentiles['p99']! - alone.percentiles['p99']!).toBeGreaterThanOrEqual(11);
  });
});

describe('the calibration', () => {
  it('finds an engine that costs nothing in virtual time', async () => {
    const clock = new VirtualClock();
    const cost = await clock.until(calibrate({ clock, replicas: localReplicas(clock) }));
    for (const time of Object.values(cost)) expect(time).toBeCloseTo(0, 6);
  });

  it('finds what a replica takes beside its stages', async () => {
    const clock = new VirtualClock();
    const local = localReplicas(clock);
    const slow = {
      start: async (spec: Parameters<typeof local.start>[0]) => {
        const replica = await local.start(spec);
        const run: typeof replica.run = async batch => {
          const result = await replica.run(batch);
          await new Promise<void>(resolve => clock.at(clock.now() + 2, resolve));
          return result;
        };
        return { ...replica, run };
      },
    };
    const cost = await clock.until(calibrate({ clock, replicas: slow }));
    expect(cost.wake).toBeCloseTo(2, 6);
    expect(cost.hop).toBeCloseTo(0, 6);
    expect(cost.query).toBeCloseTo(0, 6);
  });
});
