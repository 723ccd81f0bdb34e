import * as fc from 'fast-check';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  builtinHardware,
  checkPlan,
  loadHardware,
  loadPlan,
  parseHardware,
  parsePipeline,
  parsePlan,
  writePlan,
  type Plan,
} from '../../pipelines/index.ts';
import { pipelineOf, pointAt } from '../support/pipelines.ts';

const text = `millrace: plan/1
pipeline: test
slo: { p99: 1500 ms }
workload: { rate: 2, cv: 1, queries: 30000, seeds: 3 }
groups:
  - stages: [split, c]
    pools: [ { hardware: cpu, batch: 1, replicas: 1 } ]
  - stages: [read]
    pools:
      - { hardware: t4, batch: 8, replicas: 1 }
      - { hardware: cpu, batch: 1, replicas: 3, max-wait: 5 ms, backlog: 4 }
predicted: { p50: 410, p95: 980, p99: 1320, spread: [1275, 1390], cost: 0.78, utilisation: { read: 0.61 } }
search: { space: single-pool, optimal: true, bound: 0.78, evaluated: 412, seconds: 0.8 }
`;

const pipeline = parsePipeline(
  pipelineOf(
    `
split: { operator: split, inputs: { text: inputs.text } }
read: { each: split.parts, operator: shout, inputs: { text: item } }
c: { operator: merge, inputs: { parts: read.text } }`,
    'c.text',
  ),
).pipeline!;

describe('a plan', () => {
  test('is read with its groups and pools', () => {
    expect(parsePlan(text, '', pipeline)).toEqual({
      plan: {
        pipeline: 'test',
        slo: [{ percentile: 99, limit: 1500 }],
        workload: { rate: 2, cv: 1, queries: 30000, seeds: 3 },
        groups: [
          {
            name: 'split+c',
            stages: ['split', 'c'],
            pools: [{ hardware: 'cpu', batch: 1, replicas: 1, maxWait: 0 }],
          },
          {
            name: 'read',
            stages: ['read'],
            pools: [
              { hardware: 't4', batch: 8, replicas: 1, maxWait: 0 },
              { hardware: 'cpu', batch: 1, replicas: 3, maxWait: 5, backlog: 4 },
            ],
          },
        ],
        predicted: {
          p50: 410,
          p95: 980,
          p99: 1320,
          spread: [1275, 1390],
          cost: 0.78,
          utilisation: { read: 0.61 },
        },
        search: { space: 'single-pool', optimal: true, bound: 0.78, evaluated: 412, seconds: 0.8 },
      },
      diagnostics: [],
    });
  });

  test('is written as it is read', () => {
    const name = fc.stringMatching(/^[a-z]{1,6}$/);
    const positive = fc.double({ min: 0.001, max: 1e6, noNaN: true });
    const count = fc.integer({ min: 1, max: 99 });
    const its = { hardware: name, batch: count, replicas: count };
    const pool = fc.oneof(
      fc.record({ ...its, maxWait: fc.oneof(fc.constant(0), positive) }),
      fc.record({ ...its, maxWait: positive, backlog: count }),
    );
    const group = fc.record({
      name: fc.oneof(name, fc.constant('true'), fc.constant('null'), fc.constant('12')),
      stages: fc.array(name, { minLength: 1 }),
      pools: fc.array(pool, { minLength: 1 }),
    });
    const plan = fc.record(
      {
        pipeline: name,
        slo: fc.tuple(positive).map(([limit]) => [{ percentile: 99.9, limit }]),
        workload: fc.record({ rate: positive, cv: positive, seeds: count }),
        groups: fc.array(group, { minLength: 1 }),
        predicted: fc.record(
          { p99: positive, utilisation: fc.dictionary(name, positive) },
          { requiredKeys: ['p99'] },
        ),
        search: fc.record({ space: name, optimal: fc.boolean() }),
      },
      { requiredKeys: ['pipeline', 'slo', 'groups'] },
    );
    fc.assert(
      fc.property(plan, plan => {
        const read = parsePlan(writePlan(plan));
        expect(read.diagnostics).toEqual([]);
        expect(read.plan).toEqual(plan);
      }),
      { numRuns: 30 },
    );
  });

  test.each([
    ['millrace: plan/1', 'millrace: plan/2', 'bad-version'],
    ['millrace: plan/1', 'millrace: pipeline/1', 'bad-version'],
    ['batch: 8', 'batch: 0', 'bad-type'],
    ['replicas: 3', 'replicas: 0', 'bad-type'],
    ['max-wait: 5 ms', 'max-wait: 5', 'bad-duration'],
    ['max-wait: 5 ms, ', '', 'missing-key'],
    ['backlog: 4', 'backlog: 0', 'bad-type'],
    ['max-wait', 'maxwait', 'unknown-key'],
    ['p99: 1500 ms', 'p99: 0 s', 'bad-slo'],
    ['hardware: t4, ', '', 'missing-key'],
    ['[read]', '[raed]', 'unknown-stage'],
    ['[read]', '[read, read]', 'repeated-stage'],
    ['[split, c]', '[split]', 'unplaced-stage'],
    ['[split, c]', '[split, c, read]', 'mixed-scopes'],
    ['pipeline: test', 'pipeline: tset', 'wrong-pipeline'],
  ])('with "%s" as "%s" is %s', (from, to, code) => {
    const changed = text
      .replace(from, to)
      .replace(/ {2}- stages: \[read\][^]*?(?=predicted)/, part => (code === 'mixed-scopes' ? '' : part));
    const { plan, diagnostics } = parsePlan(changed, '', pipeline);
    expect(diagnostics.map(({ code }) => code)).toEqual([code]);
    expect(plan).toBeUndefined();
  });

  test('that was never a file is checked too', () => {
    const { plan } = parsePlan(text);
    expect(checkPlan(plan!, pipeline)).toEqual([]);
    const other: Plan = { ...plan!, groups: plan!.groups.slice(0, 1) };
    expect(checkPlan(other, pipeline)).toMatchObject([
      { code: 'unplaced-stage', message: 'stage "read" is in no group' },
    ]);
  });

  test('is loaded, or its mistakes are thrown', async () => {
    const file = join(await mkdtemp(join(tmpdir(), 'millrace-')), 'plan.yaml');
    await writeFile(file, text);
    expect(await loadPlan(file, pipeline)).toEqual(parsePlan(text).plan);
    await writeFile(file, text.replace('read]', 'raed]'));
    await expect(loadPlan(file, pipeline)).rejects.toThrow(/did you mean "read"\?/);
    await expect(loadPlan(`${file}.none`)).rejects.toMatchObject({ code: 'not-found' });
  });
});

describe('hardware', () => {
  const hardware = `millrace: hardware/1
types:
  cpu:   { device: cpu, threads: 1, price: 0.0425 }
  cpu-2: { device: cpu, threads: 2, price: 0.085 }
  t4:    { device: cuda, price: 0.526 }
limits: { t4: 4 }
hosts:
  here: { cores: 2, types: [cpu, cpu-2] }
`;

  test('is read with types, limits and hosts', async () => {
    const file = join(await mkdtemp(join(tmpdir(), 'millrace-')), 'hardware.yaml');
    await writeFile(file, hardware);
    expect(await loadHardware(file)).toEqual({
      types: {
        cpu: { device: 'cpu', threads: 1, price: 0.0425 },
        'cpu-2': { device: 'cpu', threads: 2, price: 0.085 },
        t4: { device: 'cuda', threads: 1, price: 0.526 },
      },
      limits: { t4: 4 },
      hosts: { here: { cores: 2, types: ['cpu', 'cpu-2'] } },
    });
    await writeFile(file, hardware.replace('cuda', 'cuba'));
    await expect(loadHardware(file)).rejects.toThrow(/did you mean "cuda"\?/);
  });

  test('has a price where it is known', () => {
    const { hardware } = parseHardware('millrace: hardware/1\ntypes: { cpu: { device: cpu } }\n');
    expect(hardware).toEqual({ types: { cpu: { device: 'cpu', threads: 1 } }, limits: {}, hosts: {} });
  });

  test('names only types that it declares', () => {
    const { diagnostics } = parseHardware(
      hardware.replace('{ t4: 4 }', '{ t5: 4 }').replace('cpu-2]', 'cpu-3]'),
    );
    expect(diagnostics.map(pointAt)).toEqual([
      ['unknown-hardware', 't5'],
      ['unknown-hardware', 'cpu-3'],
    ]);
  });

  test('needs no file for devices and processor threads', () => {
    expect(builtinHardware('cpu')).toEqual({ device: 'cpu', threads: 1 });
    expect(builtinHardware('cpu-4')).toEqual({ device: 'cpu', threads: 4 });
    expect(builtinHardware('cuda')).toEqual({ device: 'cuda', threads: 1 });
    for (const name of ['cpu-0', 'cpu-', 'cuda-2', 't4', 'constructor', ''])
      expect(builtinHardware(name)).toBeUndefined();
  });
});
