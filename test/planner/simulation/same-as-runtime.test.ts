import * as fc from 'fast-check';
import type { GeneratorValue } from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BoundPipeline, Group, Pool } from '../../../pipelines/index.ts';
import { bind, mostBatch, randomStages, timedStage, times, type RandomStage } from './random-pipeline.ts';
import { hardware, runEngine, runSimulation, type PlanChange } from './virtual-run.ts';

function randomArrivals(g: GeneratorValue): Float64Array {
  let now = 0;
  const gaps = g(fc.array<number>, fc.nat(20), { minLength: 1, maxLength: 12 });
  return Float64Array.from(gaps, gap => (now += gap));
}

function randomWait(g: GeneratorValue): Pick<Pool, 'maxWait' | 'backlog'> {
  const maxWait = g(() => times);
  return maxWait > 0 && g(fc.boolean) ? { maxWait, backlog: 1 + g(fc.nat, 5) } : { maxWait };
}

function randomGroups(g: GeneratorValue, stages: readonly RandomStage[]): Group[] {
  const members: RandomStage[][] = [];
  for (const stage of stages) {
    const joinable = members.filter(([first]) => first!.scope === stage.scope);
    const group = g(fc.boolean) ? joinable[g(fc.nat, Math.max(0, joinable.length - 1))] : undefined;
    if (group) group.push(stage);
    else members.push([stage]);
  }
  return members.map(group => {
    const speed = ({ hardware: type }: Pool) =>
      group.reduce((sum, { params }) => sum + params.latency[type === 'cpu' ? 0 : 1]![0]!, 0);
    const types = g(fc.boolean) ? Object.keys(hardware.types) : ['cpu'];
    const pools = types.map((type): Pool => ({
      hardware: type,
      batch: 1 + g(fc.nat, mostBatch - 1),
      replicas: 1 + g(fc.nat, 2),
      ...(g(fc.boolean) ? { maxWait: 0 } : randomWait(g)),
    }));
    const names = group.map(({ name }) => name);
    return { name: names.join('+'), stages: names, pools: pools.toSorted((a, b) => speed(a) - speed(b)) };
  });
}

/** Neither at a time when a query comes nor, by any likely draw, when a batch ends. */
const aside = 1 / 128;

function randomChanges(g: GeneratorValue, stages: readonly RandomStage[]): PlanChange[] {
  const moments = g(fc.array<number>, fc.nat(100), { minLength: 1, maxLength: 3 });
  return moments
    .toSorted((a, b) => a - b)
    .map((time, at) => ({ time: time + (1 + at) * aside, groups: randomGroups(g, stages) }));
}

/** Runs the same queries in the engine and in the simulation. */
async function compare(
  pipeline: BoundPipeline,
  stages: readonly RandomStage[],
  groups: readonly Group[],
  arrivals: Float64Array,
  changes: readonly PlanChange[] = [],
): Promise<void> {
  const answers = await runEngine(pipeline, groups, arrivals, changes);
  const predicted = runSimulation(pipeline, stages, groups, arrivals, answers, changes);
  expect([...predicted.latencies]).toEqual(answers.map(({ latency }) => latency));
  for (const [index, { items, queue, service }] of predicted.stages.entries()) {
    const seen = answers.map(answer => answer.stages[index]!);
    const total = (figure: 'items' | 'queue' | 'service') => seen.reduce((sum, of) => sum + of[figure], 0);
    expect({ items, queue, service }).toEqual({
      items: total('items'),
      queue: total('queue'),
      service: total('service'),
    });
  }
}

describe('the simulation', () => {
  it('predicts to the digit what the engine does with the same draws, for any pipeline and plan', async () => {
    await fc.assert(
      fc.asyncProperty(fc.gen(), async g => {
        const stages = randomStages(g);
        const pipeline = await bind(stages);
        const groups = randomGroups(g, stages);
        const arrivals = randomArrivals(g);
        await compare(pipeline, stages, groups, arrivals);
      }),
      { numRuns: 150 },
    );
  });

  it('does so whatever takes the place of the plan meanwhile', async () => {
    await fc.assert(
      fc.asyncProperty(fc.gen(), async g => {
        const stages = randomStages(g);
        // Warming up takes time, which the simulation is told and does not work out.
        const pipeline = await bind(stages, timedStage, () => ({ pure: false }));
        const groups = randomGroups(g, stages);
        const arrivals = randomArrivals(g);
        await compare(pipeline, stages, groups, arrivals, randomChanges(g, stages));
      }),
      { numRuns: 150 },
    );
  });

  it('keeps items in order that a skipped stage with state lets pass', async () => {
    const scope = 's0.items';
    const latency = [0, 1].map(() => Array<number>(mostBatch).fill(0));
    const perItem = { each: scope, scope };
    const stages: RandomStage[] = [
      {
        name: 's0',
        inputs: { a: 'inputs.text' },
        params: { stage: 0, latency, kinds: ['a'], items: [2] },
        scope: '',
      },
      { name: 's1', ...perItem, inputs: { in: 'item' }, params: { stage: 1, latency } },
      {
        name: 's2',
        ...perItem,
        inputs: { in: 'item', all: 's1.out' },
        when: 's0.kind == "b"',
        state: { memory: 'memory' },
        params: { stage: 2, latency, stateful: true },
      },
      {
        name: 's3',
        each: ['s2.out', scope],
        inputs: { in: 'item' },
        params: { stage: 3, latency },
        scope,
      },
    ];
    const groups = stages.map(({ name }): Group => {
      return { name, stages: [name], pools: [{ hardware: 'cpu', batch: 1, replicas: 1, maxWait: 0 }] };
    });
    await compare(await bind(stages), stages, groups, Float64Array.of(0));
  });
});
