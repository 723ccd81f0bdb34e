/** The tuner of the engine, in virtual time, with emulated stages. */
import { describe, expect, it } from 'vitest';
import {
  emulatedDeployment,
  EngineTuner,
  localReplicas,
  rehearse,
  type EngineTunerOptions,
  type Rehearsal,
  type ReplicaFactory,
} from '../../../engine/index.ts';
import { planAnewBy } from '../../../engine/tuner/plan-anew.ts';
import {
  drawSamples,
  estimateTuned,
  gammaArrivals,
  makeSystem,
  searchAnew,
  type Profile,
  type System,
} from '../../../planner/index.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { groupsOf, pool, profileOf, systemOf } from '../rehearsal/systems.ts';

const chain = `
  a: { operator: x, inputs: { in: inputs.text } }
  b: { operator: x, inputs: { in: a.out } }`;
const profiled = { a: { time: 20 }, b: { time: 40 } };
const system = systemOf(chain, 'b.out', profiled);
const groups = groupsOf({ a: [pool(2)], b: [pool(2)] });
const slo = [{ percentile: 99, limit: 400 }];
const planned = drawSamples({ kind: 'gamma', rate: 20, cv: 1, queries: 5000, seeds: 2 });

/** So many queries per second, one part after the other. */
function arrivalsOf(parts: readonly { rate: number; seconds: number }[]): Float64Array {
  let start = 0;
  const all = parts.flatMap(({ rate, seconds }, seed) => {
    const drawn = [...gammaArrivals(rate, 1, 2 * rate * seconds, seed)];
    const own = drawn.filter(at => at < 1000 * seconds).map(at => at + start);
    start += 1000 * seconds;
    return own;
  });
  return Float64Array.from(all);
}

interface Run {
  tuner: EngineTuner;
  rehearsal: Rehearsal;
  logged: string[];
}

async function run(
  arrivals: Float64Array,
  options: Partial<EngineTunerOptions> = {},
  wrap: (factory: ReplicaFactory, clock: VirtualClock) => ReplicaFactory = factory => factory,
  played: System = system,
): Promise<Run> {
  const clock = new VirtualClock();
  const logged: string[] = [];
  const tuner = new EngineTuner({
    mode: 'scale',
    system,
    profiles: [],
    plan: { pipeline: 'test', slo, groups },
    planned,
    deploy: changed => emulatedDeployment(played, changed),
    planAnew: async () => ({ obstacle: 'nobody plans here' }),
    clock,
    epoch: () => clock.now(),
    log: { info: (fields, message) => logged.push(`${message}: ${JSON.stringify(fields)}`) },
    ...options,
  });
  const rehearsal = await clock.until(
    rehearse(
      played,
      groups,
      { seed: 1, arrivals },
      {
        clock,
        replicas: wrap(localReplicas(clock), clock),
        deadline: 400,
        events: tuner,
        attach: engine => {
          tuner.attach(engine);
          return () => tuner.close();
        },
      },
    ),
  );
  return { tuner, rehearsal, logged };
}

const missed = ({ latencies }: Rehearsal, from: number, to: number): number =>
  latencies.slice(from, to).filter(latency => latency > 400).length;

/** What is decided in the end: in how many steps depends on the moment at which replicas are ready. */
function outcomeOf(decisions: readonly { kind: string; reason: string }[]) {
  const most = new Map<string, number>();
  for (const { reason } of decisions) {
    for (const [, group, count] of reason.matchAll(/(\w+) cpu \d+ → (\d+)/g))
      most.set(group!, Math.max(Number(count), most.get(group!) ?? 0));
  }
  const later = decisions.filter(({ kind }) => kind !== 'raise');
  return { first: decisions[0]!.reason, most, later: later.map(({ reason }) => reason) };
}

describe("an engine's tuner", () => {
  const arrivals = arrivalsOf([
    { rate: 20, seconds: 40 },
    { rate: 60, seconds: 60 },
    { rate: 20, seconds: 200 },
  ]);

  it('follows the traffic up and down, and loses no query by it', async () => {
    const { tuner, rehearsal, logged } = await run(arrivals);
    const kinds = tuner.decisions.map(({ kind }) => kind);
    expect(kinds[0]).toBe('raise');
    expect(kinds).toContain('lower');
    expect(logged).toHaveLength(kinds.length);
    expect(logged[0]).toMatch(/^the tuner decided: .*"kind":"raise","reason":"b cpu 2 → 3: /);
    const later = [...arrivals].findIndex(at => at > 50_000);
    expect(missed(rehearsal, later, arrivals.length)).toBeLessThan(0.01 * arrivals.length);
  });

  it('decides what an estimate says it would', async () => {
    const { tuner } = await run(arrivals);
    // Queries are sent 20 ms after the engine has started.
    const sample = { seed: 1, arrivals: arrivals.map(at => at + 20) };
    const tuned = { system, profiles: [], plan: { pipeline: 'test', slo, groups }, planned };
    const { decisions } = estimateTuned(tuned, [sample], {
      mode: 'scale',
      startUp: 100,
      most: 64,
      deadline: 400,
    });
    expect(outcomeOf(tuner.decisions)).toEqual(outcomeOf(decisions[0]!));
    expect(decisions[0]!.length).toBeGreaterThan(4);
  });

  it('says that replicas would not start, goes on with those there are, and keeps the last decisions', async () => {
    let started = 0;
    const { tuner, rehearsal } = await run(arrivalsOf([{ rate: 60, seconds: 150 }]), {}, factory => ({
      start: spec => {
        if (++started > 4) throw new Error('no memory is left');
        return factory.start(spec);
      },
    }));
    expect(tuner.decisions.slice(-2)).toMatchObject([
      { kind: 'raise' },
      { kind: 'failed', reason: 'the change could not be made: no memory is left' },
    ]);
    expect(tuner.counts.get('failed')).toBeGreaterThan(25);
    expect(tuner.decisions).toHaveLength(50);
    expect(rehearsal.latencies.some(latency => latency < Infinity)).toBe(true);
  });
});

describe('a tuner that may plan anew', () => {
  const hardware = {
    types: { cpu: { device: 'cpu', threads: 1, price: 1 } },
    limits: {},
    hosts: {},
  } as const;
  const profileFor = (times: typeof profiled): Profile => profileOf('cpu', times, 1);
  const priced = makeSystem(system.pipeline, [profileFor(profiled)], hardware);
  const plan = { pipeline: 'test', slo, groups };
  const options = { mode: 'replan', system: priced, profiles: [profileFor(profiled)], plan } as const;
  const planAnew = planAnewBy(async order => searchAnew(order, () => performance.now()));

  it('runs a plan for the stages as they are now, where they take longer than profiled', async () => {
    const slow = makeSystem(system.pipeline, [profileFor({ a: { time: 20 }, b: { time: 80 } })], hardware);
    const arrivals = arrivalsOf([{ rate: 20, seconds: 120 }]);
    const { tuner } = await run(arrivals, { ...options, planAnew }, factory => factory, slow);
    const kinds = tuner.decisions.map(({ kind }) => kind);
    expect(kinds).toContain('replan');
    const drift = tuner.decisions.find(({ kind }) => kind === 'drift')!;
    expect(drift.reason).toMatch(/^away from the plan: .*"b" takes 2(\.\d+)? times as long as profiled/);
    expect(tuner.plan.workload!.rate).toBeCloseTo(20, -1);
    expect(tuner.plan.predicted!.p99).toBeLessThanOrEqual(400);
  });

  it('says why there is no other plan, and goes on with the one it has', async () => {
    const arrivals = arrivalsOf([{ rate: 60, seconds: 150 }]);
    const { tuner } = await run(arrivals, options);
    const failed = tuner.decisions.find(({ kind }) => kind === 'failed');
    expect(failed!.reason).toBe('no other plan was made: nobody plans here');
    expect(tuner.plan).toBe(plan);
  });
});
