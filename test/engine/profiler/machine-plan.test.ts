/** The plan for a machine, on a virtual clock: emulated stages take exactly as long as they are told. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { localReplicas } from '../../../engine/index.ts';
import { KeptFiles } from '../../../engine/profiler/kept-files.ts';
import { MachinePlan, obstacleOf, type MakeOptions } from '../../../engine/profiler/machine-plan.ts';
import type { BoundPipeline } from '../../../pipelines/index.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { pipelineOf } from '../../support/virtual-engine.ts';

const root = mkdtempSync(join(tmpdir(), 'millrace-machine-'));
afterAll(() => rmSync(root, { recursive: true }));

const emulate = (from: string, latency: string, when = '') =>
  `{ ${when} operator: emulate, inputs: { in: ${from} }, params: { latency: ${latency} } }`;

const one = (latency = '{ 1: 20 ms }') =>
  pipelineOf(`  a: ${emulate('inputs.text', latency)}`, '{ out: a.out }');

const samples = [{ label: 'x', inputs: { text: 'x' } }];

/** The plan of a pipeline at a place of its own. */
function machineOf(pipeline: BoundPipeline, name: string, cores = 2) {
  const warnings: string[] = [];
  const files = new KeptFiles(root, { name, directory: '/' });
  const plans = new MachinePlan([{ pipeline, files }], { cores, warn: warning => warnings.push(warning) });
  const machine = { read: async () => (await plans.read())?.[0] ?? null };
  const make = async (options: Partial<MakeOptions> = {}) => {
    const clock = new VirtualClock();
    const replicas = localReplicas(clock);
    const made = plans.make({ budget: 600_000, samples: [samples], clock, replicas, ...options });
    return (await clock.until(made))?.[0] ?? null;
  };
  const kinds = () =>
    readdirSync(files.folder)
      .map(file => file.slice(17))
      .toSorted();
  return { machine, make, files, kinds, warnings };
}

describe('the plan for a machine', () => {
  it('is made from what was measured, and read at the next start', async () => {
    const pipeline = await one();
    const { machine, make, kinds, warnings } = machineOf(pipeline, 'made');
    expect(await machine.read()).toBeNull();
    const plan = await make();
    expect(obstacleOf(plan!)).toBeUndefined();
    expect(plan!.predicted!['lone']).toBeGreaterThanOrEqual(20);
    // Two cores do a hundred a second.
    expect(plan!.workload!.rate).toBeGreaterThan(80);
    expect(plan!.workload!.rate).toBeLessThanOrEqual(100);
    expect(kinds()).toEqual(['cpu-2.profile.json', 'cpu.profile.json', 'plan.yaml']);
    expect(await machineOf(pipeline, 'made').machine.read()).toEqual(plan);
    expect(warnings).toEqual([]);
  });

  it('is another where the stages, the objective or the cores are others', async () => {
    const pipeline = await one();
    await machineOf(pipeline, 'others').make();
    const slower = { ...pipeline, slo: [{ percentile: 99, limit: 500 }] };
    for (const other of [await one('{ 1: 30 ms }'), slower])
      expect(await machineOf(other, 'others').machine.read()).toBeNull();
    expect(await machineOf(pipeline, 'others', 4).machine.read()).toBeNull();
    expect(await machineOf(pipeline, 'others').machine.read()).not.toBeNull();
  });

  it('is on one thread where there is one core', async () => {
    const { make, kinds } = machineOf(await one(), 'single', 1);
    const plan = await make();
    expect(plan!.groups.flatMap(({ pools }) => pools.map(({ hardware }) => hardware))).toEqual(['cpu']);
    expect(kinds()).toEqual(['cpu.profile.json', 'plan.yaml']);
  });

  it('is gone on with after an interruption', async () => {
    const { machine, make, kinds } = machineOf(await one(), 'interrupted');
    const stop = new AbortController();
    const progress: MakeOptions['progress'] = ({ doing }) => {
      if ('stage' in doing && doing.batch === 2) stop.abort();
    };
    expect(await make({ signal: stop.signal, progress })).toBeNull();
    expect(kinds()).toEqual(['cpu.measurements.json']);
    expect(await machine.read()).toBeNull();
    const batches: number[] = [];
    await make({
      progress: ({ doing }) => {
        if ('stage' in doing) batches.push(doing.batch);
      },
    });
    expect(batches[0]).toBe(2);
    expect(kinds()).toEqual(['cpu-2.profile.json', 'cpu.profile.json', 'plan.yaml']);
  });

  it('is not made where the time is over, and what was measured is kept', async () => {
    const { machine, make, kinds } = machineOf(await one('{ 1: 100 ms }'), 'short');
    expect(await make({ budget: 150 })).toBeNull();
    expect(kinds()).toEqual(['cpu.measurements.json']);
    expect(await machine.read()).toBeNull();
    expect(await make()).not.toBeNull();
  });

  it('is made again where a kept file is damaged', async () => {
    const pipeline = await one();
    const { machine, make, files, kinds, warnings } = machineOf(pipeline, 'damaged');
    const plan = await make();
    for (const file of readdirSync(files.folder)) writeFileSync(join(files.folder, file), '{ "broken');
    expect(await machine.read()).toBeNull();
    expect(await make()).toEqual({ ...plan, search: expect.anything(), predicted: expect.anything() });
    expect(warnings.map(warning => warning.replace(/^.*\/[0-9a-f]{16}\./, ''))).toEqual([
      'plan.yaml is damaged and is made again',
      'cpu.profile.json is damaged and is measured again',
      'cpu-2.profile.json is damaged and is measured again',
    ]);
    expect(kinds()).toEqual(['cpu-2.profile.json', 'cpu.profile.json', 'plan.yaml']);
    expect(await machine.read()).not.toBeNull();
  });

  it('is damaged where it names hardware that this machine was not measured as', async () => {
    const { machine, make, files, warnings } = machineOf(await one(), 'foreign');
    await make();
    const text =
      'millrace: plan/1\npipeline: test\ngroups: [{ stages: [a], pools: [{ hardware: t4, batch: 1, replicas: 1 }] }]\n';
    const file = readdirSync(files.folder).find(name => name.endsWith('plan.yaml'));
    writeFileSync(join(files.folder, file!), text);
    expect(await machine.read()).toBeNull();
    expect(warnings).toHaveLength(1);
  });

  it('is the default, and says why, where none meets the objective', async () => {
    const { machine, make } = machineOf(await one('{ 1: 2 s }'), 'late');
    const plan = await make();
    expect(obstacleOf(plan!)).toMatch(/^a takes 2 s on its fastest hardware/);
    expect(obstacleOf((await machine.read())!)).toBe(obstacleOf(plan!));
  });

  it('is the default, and says why, where no sample reaches a stage', async () => {
    const never = emulate('a.out', '{ 1: 5 ms }', `when: 'inputs.text == "z"',`);
    const stages = `  a: ${emulate('inputs.text', '{ 1: 20 ms }')}\n  b: ${never}`;
    const { make } = machineOf(await pipelineOf(stages, '{ out: [b.out, a.out] }'), 'unreached');
    expect(obstacleOf((await make())!)).toMatch(/no profile has stage "b"/);
  });

  it('is made for the company of others, each with as much of the machine', async () => {
    const slow = { ...(await one('{ 1: 40 ms }')), name: 'slow' };
    const quick = { ...(await one('{ 1: 10 ms }')), name: 'quick' };
    const kept = [slow, quick].map(pipeline => ({
      pipeline,
      files: new KeptFiles(root, { name: `together-${pipeline.name}`, directory: '/' }),
    }));
    const machine = new MachinePlan(kept, { cores: 2, warn: () => {} });
    const clock = new VirtualClock();
    const made = machine.make({
      budget: 600_000,
      samples: [samples, samples],
      clock,
      replicas: localReplicas(clock),
    });
    const plans = (await clock.until(made))!;
    expect(plans.map(({ pipeline }) => pipeline)).toEqual(['slow', 'quick']);
    const [slowRate, quickRate] = plans.map(({ workload }) => workload!.rate!) as [number, number];
    expect(quickRate / slowRate).toBeCloseTo(4, 1);
    // Two cores, shared: a thousand milliseconds of work a second for each.
    expect(slowRate * 40 + quickRate * 10).toBeLessThanOrEqual(2000);
    expect(slowRate * 40 + quickRate * 10).toBeGreaterThan(1500);
    expect(await machine.read()).toEqual(plans);
    // A plan made for company is not one for a pipeline alone.
    expect(await new MachinePlan([kept[0]!], { cores: 2, warn: () => {} }).read()).toBeNull();
  });
});
