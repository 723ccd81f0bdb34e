/** The tuner of an engine beside that of a simulation, where both see the same arrivals. */
import { describe, expect, it } from 'vitest';
import { emulatedDeployment, EngineTuner } from '../../../engine/index.ts';
import { planAnewBy } from '../../../engine/tuner/plan-anew.ts';
import type { Deployment } from '../../../engine/runtime/deployment.ts';
import {
  countedSearch,
  drawSamples,
  estimateTuned,
  gammaArrivals,
  makeSystem,
  planningAnew,
  type Answer,
  type PlanOrder,
} from '../../../planner/index.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { groupsOf, pool, profileOf, systemOf } from '../rehearsal/systems.ts';

const chain = `
  a: { operator: x, inputs: { in: inputs.text } }
  b: { operator: x, inputs: { in: a.out } }`;
const times = { a: { time: 20 }, b: { time: 40 } };
const profiles = [profileOf('cpu', times, 1), profileOf('t4', times, 1 / 3)];
const system = makeSystem(systemOf(chain, 'b.out', times).pipeline, profiles, {
  types: { cpu: { device: 'cpu', threads: 1, price: 1 }, t4: { device: 'cuda', threads: 1, price: 2.5 } },
  limits: {},
  hosts: {},
});
const planned = drawSamples({ kind: 'gamma', rate: 20, cv: 1, queries: 5000, seeds: 1 });
const plan = {
  pipeline: 'test',
  slo: [{ percentile: 99, limit: 400 }],
  groups: groupsOf({ a: [pool(2)], b: [pool(1, 1, 't4'), pool(2)] }),
};
const tuned = { system, profiles, plan, planned };
const startUp = 1000;

/** So many queries per second, one part after the other. */
function arrivalsOf(rates: readonly number[], seconds: number): Float64Array {
  const all = rates.flatMap((rate, part) => {
    const drawn = [...gammaArrivals(rate, 1, 2 * rate * seconds, part)];
    return drawn.filter(at => at < 1000 * seconds).map(at => at + 1000 * seconds * part);
  });
  return Float64Array.from(all);
}

/** Replicas that a change of the deployment starts. */
function startedBy(before: Deployment, after: Deployment): number {
  return after.reduce((sum, { stages, pools }) => {
    const kept = before.find(group => group.stages.join() === stages.join());
    return pools.reduce((part, { hardware, batch, replicas }) => {
      const its = kept?.pools.find(other => other.hardware === hardware && other.batch >= batch);
      return part + Math.max(0, replicas - (its?.replicas ?? 0));
    }, sum);
  }, 0);
}

/** What the engine's tuner decides of an engine that only takes its time to change. */
async function decisionsOf(arrivals: Float64Array, search: (order: PlanOrder) => Answer) {
  const clock = new VirtualClock();
  const passed = (time: number) => new Promise<void>(resolve => clock.at(clock.now() + time, resolve));
  const tuner = new EngineTuner({
    ...tuned,
    mode: 'replan',
    deploy: groups => emulatedDeployment(system, groups),
    planAnew: planAnewBy(async order => {
      await passed(planningAnew.budget);
      return search(order);
    }),
    clock,
    epoch: () => clock.now(),
  });
  let deployment = emulatedDeployment(system, plan.groups);
  tuner.attach({
    async apply(changed) {
      if (startedBy(deployment, changed) > 0) await passed(startUp);
      deployment = changed;
    },
  });
  const arrive = (query: number) => {
    if (query === arrivals.length) return;
    clock.at(arrivals[query]!, () => {
      tuner.arrived(clock.now());
      arrive(query + 1);
    });
  };
  arrive(0);
  await clock.advanceTo(arrivals.at(-1)!);
  tuner.close();
  return tuner.decisions;
}

/** A decision with numbers of one digit: an estimate sees batches and answers too, which begin some sums a little sooner. */
function roughly({ at, kind, reason }: { at: number; kind: string; reason: string }) {
  return { at, kind, reason: reason.replace(/\d+(\.\d+)?/g, number => Number(number).toPrecision(1)) };
}

describe('a tuner decides the same in an engine and in an estimate', () => {
  it.each<[string, readonly number[], () => (order: PlanOrder) => Answer]>([
    ['less comes, and then more', [20, 6, 30], countedSearch],
    ['far more comes, and then little', [20, 90, 4], countedSearch],
    ['there is no other plan', [20, 6], () => () => ({ obstacle: 'nobody plans here' })],
  ])('where %s', async (_, rates, searching) => {
    const arrivals = arrivalsOf(rates, 150);
    const search = searching();
    const decided = await decisionsOf(arrivals, search);
    const options = { mode: 'replan', startUp, most: 64, search } as const;
    const { decisions } = estimateTuned(tuned, [{ seed: 1, arrivals }], options);
    const last = arrivals.at(-1)!;
    const told = decisions[0]!.filter(({ at }) => at < last);
    expect(decided.map(roughly)).toEqual(told.map(roughly));
    const kinds = decided.map(({ kind }) => kind);
    expect(kinds).toContain(rates.length > 2 ? 'replan' : 'failed');
  });
});
