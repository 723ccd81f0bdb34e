/** Replicas that follow the traffic: in an estimate, and in a server. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { planInThread } from 'millrace';
import { describe, expect, it } from 'vitest';
import { loadStructure } from '../../pipelines/index.ts';
import { parseProfile } from '../../planner/index.ts';
import type { Status } from '../../engine/server/observe/status.ts';
import { millrace, refusal, root } from './support/millrace.ts';
import { serve, type RunningServer } from './support/server.ts';
import { temporaryFolder } from './support/temporary.ts';

const folder = join(root, 'test/e2e/fixtures/parcels');
const planFile = join(folder, 'plan.yaml');
const made = temporaryFolder();
const files = ['--profile', folder, '--hardware', join(folder, 'hardware.yaml')];
const estimating = ['estimate', folder, '--plan', planFile, ...files];

/** A plan that names no workload. */
function unboundPlan(): string {
  const path = join(made, 'unbound.plan.yaml');
  writeFileSync(path, readFileSync(planFile, 'utf8').replace(/^workload:.*\n/m, ''));
  return path;
}

describe('millrace estimate --tuner', () => {
  it('says what the tuner would decide, miss and cost', async () => {
    const more = ['--rate', '24', '--queries', '2000', '--seeds', '1'];
    const { status, stdout, stderr } = await millrace([...estimating, '--tuner', ...more]);
    expect([status, stdout]).toEqual([expect.any(Number), '']);
    expect(stderr).toContain('parcels, tuned: 24 queries/s, CV 1');
    expect(stderr).toMatch(/decisions:\n +[\d.]+ m?s +raise +\S+ \S+ \d → \d/);
    expect(stderr).toMatch(/latency +predicted +SLO +missed by/);
    expect(stderr).toMatch(/\$[\d.]+\/h on average/);
  });

  it('replays a trace, and prints JSON and nothing else', async () => {
    const trace = join(made, 'arrivals.csv');
    const arrivals = Array.from({ length: 600 }, (_, at) => (at / 8).toFixed(3));
    writeFileSync(trace, `arrival\n${arrivals.join('\n')}\n`);
    const outcome = await millrace([
      ...estimating,
      '--tuner',
      '--trace',
      trace,
      '--start-up',
      '2 s',
      '--json',
    ]);
    expect(outcome.stderr).toBe('');
    const { predicted, misses, decisions } = JSON.parse(outcome.stdout);
    expect(predicted).toMatchObject({ p99: expect.any(Number), cost: expect.any(Number) });
    expect(misses).toEqual([{ percentile: 99, limit: 500, share: expect.any(Number) }]);
    expect(decisions).toHaveLength(3);
  });

  it('says where it would plan anew, and with which plan, if it may', async () => {
    const more = ['--rate', '2', '--queries', '300', '--seeds', '1', '--replan'];
    const { stderr } = await millrace([...estimating, '--tuner', ...more]);
    expect(stderr).toMatch(/ drift +away from the plan: [\d.]+ queries\/s, planned [78]/);
    expect(stderr).toMatch(/ replan +planned anew for [\d.]+ queries\/s, CV [\d.]+: \S+ \d+ × \S+, batch \d/);
  });

  it.each<[string, string[], RegExp]>([
    ['--replan without --tuner', ['--replan'], /--replan goes with --tuner/],
    ['--start-up without --tuner', ['--start-up', '1 s'], /--start-up goes with --tuner/],
    ['--deadline-factor without --tuner', ['--deadline-factor', '2'], /--deadline-factor goes with --tuner/],
    ['a report', ['--tuner', '--report', 'x.html'], /--tuner goes without --report/],
    ['a comparison', ['--tuner', '--compare', planFile], /--tuner goes without --compare/],
    ['a start-up without a unit', ['--tuner', '--start-up', '2'], /did you mean "2 s"\?/],
    ['a factor of none', ['--tuner', '--deadline-factor', '0'], /--deadline-factor takes a number above 0/],
  ])('refuses %s', async (_, args, message) => {
    expect(await millrace([...estimating, ...args])).toEqual(refusal(2, message));
  });

  it('refuses to plan anew without prices', async () => {
    const unpriced = join(made, 'without-prices.yaml');
    const hardware = readFileSync(join(folder, 'hardware.yaml'), 'utf8');
    writeFileSync(unpriced, hardware.replace(/, price: [\d.]+/g, ''));
    const more = ['--profile', folder, '--hardware', unpriced, '--tuner', '--replan'];
    const args = ['estimate', folder, '--plan', planFile, ...more];
    const message = /--replan: hardware "cpu" has no price to choose by: give --hardware FILE/;
    expect(await millrace(args)).toEqual(refusal(2, message));
  });

  it('refuses a plan that names no workload', async () => {
    const args = ['estimate', folder, '--plan', unboundPlan(), ...files, '--rate', '8', '--tuner'];
    expect(await millrace(args)).toEqual(refusal(2, /unbound\.plan\.yaml names no workload/));
  });
});

describe('millrace serve --tuner', () => {
  const at = (name: string, text: string): string => {
    const path = join(made, name);
    writeFileSync(path, text);
    return path;
  };
  const pipeline = at(
    'pipeline.yaml',
    `millrace: pipeline/1
name: line
slo: { p99: 200 ms }
inputs: { text: { datatype: BYTES, shape: [1] } }
stages:
  work: { operator: emulate, inputs: { in: inputs.text }, params: { latency: { 1: 20 ms } } }
outputs: { out: work.out }
`,
  );
  const profile = at(
    'cpu.profile.json',
    JSON.stringify({
      millrace: 'profile/1',
      pipeline: 'line',
      hardware: 'cpu',
      host: {},
      engine: { query: 0, hop: 0 },
      stages: { work: { scale: { mean: 1 }, batches: { 1: { mean: 20 } } } },
    }),
  );
  const planOf = (workload: string) => `millrace: plan/1
pipeline: line
slo: { p99: 200 ms }
${workload}groups:
  - stages: [work]
    pools: [{ hardware: cpu, batch: 1, replicas: 1 }]
`;
  const plan = at('plan.yaml', planOf('workload: { rate: 10, cv: 1, queries: 1000, seeds: 1 }\n'));
  const hardware = (price: string) => `millrace: hardware/1
types:
  cpu: { device: cpu${price} }
hosts:
  here: { cores: 8, types: [cpu] }
`;
  const priced = at('hardware.yaml', hardware(', price: 0.04'));
  const unpriced = at('unpriced.yaml', hardware(''));
  const serving = ['--plan', plan, '--hardware', priced];
  const measured = ['--profile', profile];

  const statusOf = async ({ url }: RunningServer) => {
    const { pipelines } = (await (await fetch(`${url}/v2/millrace/status`)).json()) as Status;
    return pipelines[0]!;
  };
  const tunerOf = async (args: readonly string[]) => {
    const server = await serve([pipeline, ...args]);
    const { tuner } = await statusOf(server);
    expect(await server.stop()).toMatchObject({ status: 0 });
    return tuner;
  };

  it('raises replicas where more comes than planned, says why, and answers all that it took', async () => {
    const server = await serve([pipeline, ...serving, ...measured]);
    expect((await statusOf(server)).tuner).toEqual({ mode: 'scale', counts: {}, decisions: [] });
    const infer = () => fetch(`${server.url}/predictions/line`, { method: 'POST', body: 'x' });
    // As many at a time as are planned within half a minute, until replicas have come.
    for (;;) {
      await Promise.all(Array.from({ length: 40 }, infer));
      if ((await statusOf(server)).groups[0]!.pools[0]!.replicas > 1) break;
    }
    const { tuner } = await statusOf(server);
    expect(tuner!.decisions[0]).toMatchObject({
      kind: 'raise',
      reason: expect.stringMatching(
        /^work cpu 1 → \d: \d+ queries within .*, planned \d+; r·s \/ \(μ·ρ\) = /,
      ),
    });
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(metrics).toMatch(/millrace_tuner_decisions_total\{.*kind="raise".*\} [1-9]/);
    const { status, stderr } = await server.stop();
    expect(status).toBe(0);
    expect(stderr).toMatch(/"kind":"raise","reason":"work cpu 1 → .*"msg":"the tuner decided"/);
  });

  it('does nothing where the plan lacks a profile, or it is told not to', async () => {
    expect(await tunerOf(serving)).toBeNull();
    expect(await tunerOf([...serving, ...measured, '--tuner', 'off'])).toBeNull();
  });

  it('plans anew too where it is told to', async () => {
    expect(await tunerOf([...serving, ...measured, '--tuner', 'replan'])).toMatchObject({ mode: 'replan' });
  });

  const unbound = at('unbound.yaml', planOf(''));
  const known = ['--hardware', priced, ...measured];
  it.each<[string, string[], RegExp]>([
    ['a mode there is not', ['--tuner', 'up'], /--tuner takes off, scale, replan, not "up"/],
    ['a tuner without a plan', ['--tuner', 'scale'], /--tuner scale goes with --plan FILE/],
    [
      'one beside plans for this machine',
      ['--plan', 'auto', '--tuner', 'scale'],
      /--tuner scale goes with --plan FILE/,
    ],
    [
      'one without a profile',
      [...serving, '--tuner', 'scale'],
      /--tuner scale: line's service times are not known: give --profile FILE/,
    ],
    [
      'one without a workload',
      ['--plan', unbound, ...known, '--tuner', 'scale'],
      /--tuner scale: line's plan names no workload to compare the traffic with/,
    ],
    [
      'planning anew without prices',
      ['--plan', plan, '--hardware', unpriced, ...measured, '--tuner', 'replan'],
      /--tuner replan: line's hardware "cpu" has no price to choose by: give --hardware FILE/,
    ],
  ])('refuses %s', async (_, args, message) => {
    expect(await millrace(['serve', pipeline, ...args, '--port', '0'])).toEqual(refusal(2, message));
  });
});

describe('planning anew in a thread', () => {
  it('gives a plan that can be run, and says what it is made for', async () => {
    const pipeline = await loadStructure(folder);
    const profiles = ['cpu', 't4'].map(name => {
      const path = join(folder, `${name}.profile.json`);
      return parseProfile(readFileSync(path, 'utf8'), path, pipeline).profile!;
    });
    const found = await planInThread(
      {
        pipeline,
        profiles,
        hardware: {
          types: {
            cpu: { device: 'cpu', threads: 1, price: 0.0425 },
            t4: { device: 'cuda', threads: 1, price: 0.526 },
          },
          limits: {},
          hosts: {},
        },
        slo: [{ percentile: 99, limit: 500 }],
        workload: { kind: 'gamma', rate: 4, cv: 1, queries: 500, seeds: 1 },
      },
      new AbortController().signal,
    );
    if ('obstacle' in found) throw new Error(found.obstacle);
    expect(found.tuned.plan).toMatchObject({ pipeline: 'parcels', workload: { rate: 4, cv: 1 } });
    expect(found.reason).toMatch(/^planned anew for 4 queries\/s, CV 1: \S+ \d+ × /);
  });

  it('says what is in the way of a plan', async () => {
    const pipeline = await loadStructure(folder);
    const path = join(folder, 'cpu.profile.json');
    const { profile } = parseProfile(readFileSync(path, 'utf8'), path, pipeline);
    const found = await planInThread(
      {
        pipeline,
        profiles: [profile!],
        hardware: { types: { cpu: { device: 'cpu', threads: 1, price: 1 } }, limits: {}, hosts: {} },
        slo: [{ percentile: 99, limit: 1 }],
        workload: { kind: 'gamma', rate: 4, cv: 1, queries: 100, seeds: 1 },
      },
      new AbortController().signal,
    );
    expect(found).toEqual({ obstacle: expect.any(String) });
  });
});
