/** The most that given hardware holds, of one pipeline or of several. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadPlan, loadStructure } from '../../pipelines/index.ts';
import { millrace, refusal, root } from './support/millrace.ts';
import { temporaryFolder } from './support/temporary.ts';

const parcels = join(root, 'test/e2e/fixtures/parcels');
const made = temporaryFolder();

/** Another pipeline, of one stage, with a profile of it. */
const notes = join(made, 'notes');
mkdirSync(notes);
writeFileSync(
  join(notes, 'pipeline.yaml'),
  `millrace: pipeline/1
name: notes
slo: { p99: 200 ms }
inputs: { text: { datatype: BYTES, shape: [1] } }
stages:
  note: { operator: emulate, inputs: { in: inputs.text }, params: { latency: { 1: 10 ms } } }
outputs: { text: note.out }
`,
);
const notesProfile = join(notes, 'cpu.profile.json');
writeFileSync(
  notesProfile,
  JSON.stringify({
    millrace: 'profile/1',
    pipeline: 'notes',
    hardware: 'cpu',
    stages: { note: { scale: { mean: 1 }, batches: { 1: { mean: 10 } } } },
  }),
);

/** A hardware file without prices. @param rest after the types */
function hardwareFile(name: string, rest: string): string {
  const path = join(made, name);
  const types = '{ cpu: { device: cpu }, cpu-4: { device: cpu, threads: 4 }, t4: { device: cuda } }';
  writeFileSync(path, `millrace: hardware/1\ntypes: ${types}\n${rest}`);
  return path;
}

const hosts = 'hosts: { here: { cores: 4, types: [cpu, cpu-4] } }\n';
const hardware = ['--hardware', hardwareFile('machine.yaml', `${hosts}limits: { t4: 1 }\n`)];
const profiles = ['--profile', parcels];
const quick = ['--queries', '1000', '--seeds', '2', '--budget', '10 s'];
const fitting = ['plan', parcels, '--fit', ...hardware, ...profiles, ...quick];
const both = ['plan', parcels, notes, '--fit', ...hardware, ...profiles, '--profile', notesProfile, ...quick];

describe('millrace plan --fit', () => {
  it('finds the highest rate of one pipeline, and the plan that holds it', async () => {
    const out = join(made, 'parcels.plan.yaml');
    const said = await millrace([...fitting, '--out', out]);
    expect(said).toMatchObject({ status: 0, stdout: '' });
    expect(said.stderr).toContain('The plan meets the SLO: p99 ≤ 400 ms');
    expect(said.stderr).toMatch(/The highest rate found: [\d.]+\/s; at [\d.]+\/s the work alone fills/);
    const plan = await loadPlan(out, await loadStructure(parcels));
    const { rate } = plan.workload!;
    expect(plan.workload).toEqual({ rate, cv: 1, queries: 1000, seeds: 2 });
    expect(rate).toBeLessThanOrEqual(plan.search!['rate-bound'] as number);
    expect(plan.predicted).not.toHaveProperty('cost');
    const t4 = plan.groups.flatMap(({ pools }) => pools).filter(pool => pool.hardware === 't4');
    expect(t4.reduce((sum, { replicas }) => sum + replicas, 0)).toBeLessThanOrEqual(1);
    const again = await millrace(['estimate', parcels, '--plan', out, ...hardware, ...profiles, '--json']);
    expect(JSON.parse(again.stdout)).toEqual({ predicted: plan.predicted });
  });

  it('shares the hardware among several', async () => {
    const folder = join(made, 'plans');
    mkdirSync(folder);
    const outcome = await millrace([...both, '--share', 'parcels=1,notes=4', '--json', '--out', folder]);
    expect(outcome).toMatchObject({ status: 0, stderr: '' });
    const plans = outcome.stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as { pipeline: string; workload: { rate: number } });
    expect(plans.map(({ pipeline }) => pipeline)).toEqual(['parcels', 'notes']);
    expect(plans[1]!.workload.rate).toBeCloseTo(4 * plans[0]!.workload.rate, 6);
    expect(readdirSync(folder).toSorted()).toEqual(['notes.plan.yaml', 'parcels.plan.yaml']);
    for (const [name, path] of Object.entries({ parcels, notes })) {
      const plan = await loadPlan(join(folder, `${name}.plan.yaml`), await loadStructure(path));
      expect(plan.predicted!.p99).toBeLessThanOrEqual(plan.slo[0]!.limit);
    }
  });

  it('says what is in the way where no rate can be held, and writes nothing', async () => {
    const out = join(made, 'none.yaml');
    expect(await millrace([...fitting, '--slo', '20 ms', '--out', out])).toEqual(
      refusal(1, /no feasible plan, however low the rate: \S+ takes [\d.]+ ms on its fastest hardware/),
    );
    expect(existsSync(out)).toBe(false);
    expect(await millrace([...both, '--slo', '20 ms'])).toEqual(
      refusal(1, /however low the rate: parcels: /),
    );
  });

  it.each<[string, string[], RegExp]>([
    ['a rate', [...fitting, '--rate', '5'], /--fit finds the rate itself: leave out --rate/],
    ['a report', [...fitting, '--report', 'x.html'], /leave out --report/],
    ['no pipeline', ['plan', '--fit', ...hardware, ...profiles], /--fit takes one pipeline or more/],
    [
      'a pipeline twice',
      ['plan', parcels, parcels, '--fit', ...hardware, ...profiles],
      /two pipelines are called parcels/,
    ],
    ['no hardware', ['plan', parcels, '--fit', ...profiles], /give --hardware FILE .*\n\nhosts:/],
    [
      'hardware without an end',
      ['plan', parcels, '--fit', '--hardware', hardwareFile('endless.yaml', hosts), ...profiles],
      /does not say how much there is of "t4": add it to hosts or limits/,
    ],
    ['no profile', ['plan', parcels, '--fit', ...hardware], /--profile FILE is missing/],
    [
      'no profile of one of them',
      ['plan', parcels, notes, '--fit', ...hardware, ...profiles],
      /no --profile is of pipeline notes/,
    ],
    [
      'a profile of none of them',
      [...both, '--profile', join(root, 'test/e2e/fixtures/elsewhere/t4.profile.json')],
      /is a profile of "elsewhere", not of parcels, notes/,
    ],
    [
      'a share of another',
      [...both, '--share', 'parcel=2'],
      /there is no pipeline "parcel"; did you mean "parcels"/,
    ],
    ['a share of nothing', [...both, '--share', 'notes=0'], /--share takes NAME=NUMBER,… .* not "notes=0"/],
    ['two shares for one', [...both, '--share', 'notes=1,notes=2'], /two shares to notes/],
    ['shares without --fit', ['plan', parcels, '--share', 'notes=1'], /--share goes with --fit/],
    ['several without --fit', ['plan', parcels, notes], /one pipeline is taken/],
    ['a folder that is not there', [...both, '--out', join(made, 'missing')], /there is no such folder/],
  ])('refuses %s', async (_, args, message) => {
    expect(await millrace(args)).toEqual(refusal(2, message));
  });

  it('shows the mistakes of a profile', async () => {
    const broken = join(made, 'broken.profile.json');
    writeFileSync(broken, `${readFileSync(notesProfile, 'utf8').slice(0, 40)}\n`);
    expect(await millrace([...both, '--profile', broken])).toEqual(
      refusal(1, /broken\.profile\.json:\d+:\d+ +error/),
    );
  });
});
