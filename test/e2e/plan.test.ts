/** Planning, and predicting plans, for hardware that this machine does not have. */
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadPlan, loadStructure, writePlan } from '../../pipelines/index.ts';
import { millrace, refusal, root } from './support/millrace.ts';
import { temporaryFolder } from './support/temporary.ts';

const folder = join(root, 'test/e2e/fixtures/parcels');
const elsewhere = join(root, 'test/e2e/fixtures/elsewhere');
const planFile = join(folder, 'plan.yaml');
const made = temporaryFolder();
const files = ['--profile', folder, '--hardware', join(folder, 'hardware.yaml')];
const arrivals = ['--rate', '8', '--seeds', '2'];
const workload = [...arrivals, '--queries', '1000'];
const quick = ['--space', 'single-pool', '--max-replicas', '8', '--budget', '20 s'];
const planning = ['plan', folder, ...workload, ...files, ...quick];
const estimating = ['estimate', folder, '--plan', planFile, ...files];

function folderFor(name: string): string {
  const path = join(made, name);
  mkdirSync(path);
  return path;
}

describe('millrace plan', () => {
  it('prints the plan that it writes, and says what it proved', async () => {
    const out = join(folderFor('written'), 'parcels.plan.yaml');
    const said = await millrace([...planning, '--out', out]);
    expect(said).toMatchObject({ status: 0, stdout: '' });
    expect(said.stderr).toContain('The plan meets the SLO: p99 ≤ 400 ms');
    expect(said.stderr).toMatch(/The search: (proved to be the cheapest|the best) plan/);
    expect(said.stderr).toMatch(new RegExp(`millrace rehearse \\S+ --plan ${out} --profile`));
    expect(readdirSync(join(made, 'written'))).toEqual(['parcels.plan.yaml']);
    const plan = await loadPlan(out, await loadStructure(folder));
    expect(plan.workload).toEqual({ rate: 8, cv: 1, queries: 1000, seeds: 2 });
    expect(plan.slo).toEqual([{ percentile: 99, limit: 400 }]);
    expect(plan.predicted!.p99).toBeLessThanOrEqual(400);
    expect(writePlan(plan)).toBe(readFileSync(out, 'utf8'));
    const again = await millrace(['estimate', folder, '--plan', out, ...files, '--json']);
    expect(again).toMatchObject({ status: 0, stderr: '' });
    expect(JSON.parse(again.stdout)).toEqual({ predicted: plan.predicted });
  });

  it('prints the plan object as JSON, and nothing else', async () => {
    const { status, stdout, stderr } = await millrace([...planning, '--json']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const plan = JSON.parse(stdout);
    expect(plan).toMatchObject({ millrace: 'plan/1', pipeline: 'parcels', slo: { p99: '400 ms' } });
    expect(plan.groups.flatMap(({ stages }: { stages: string[] }) => stages).toSorted()).toEqual(
      ['decode', 'find', 'read', 'tidy', 'translate'].toSorted(),
    );
    expect(plan.predicted.cost).toBeLessThan(1.26);
  });

  it('writes a report beside another plan', async () => {
    const report = join(folderFor('reported'), 'plan.html');
    const few = ['plan', folder, ...arrivals, '--queries', '300', ...files, ...quick];
    const { status, stderr } = await millrace([...few, '--report', report, '--compare', planFile]);
    expect(status).toBe(0);
    expect(stderr).toMatch(/USD per hour +[\d.]+ +1\.26 +\+/);
    expect(readdirSync(join(made, 'reported'))).toEqual(['plan.html']);
    const page = readFileSync(report, 'utf8');
    expect([page.startsWith('<!doctype html>'), page.endsWith('</html>\n')]).toEqual([true, true]);
    for (const title of ['Side by side', 'Cost against the rate', 'If the rate grew'])
      expect(page).toContain(title);
  });

  it('says what rules a plan out, and what there would be one for, and writes nothing', async () => {
    const none = folderFor('none');
    const outs = ['--out', join(none, 'plan.yaml'), '--report', join(none, 'plan.html')];
    for (const json of [[], ['--json']]) {
      const outcome = await millrace([...planning, '--slo', '20 ms', ...outs, ...json]);
      expect(outcome).toEqual(
        refusal(1, /no feasible plan: .*\nThere would be one for an SLO of --slo "p99: \d+ ms"/),
      );
    }
    expect(readdirSync(none)).toEqual([]);
  });

  it.each<[string, string[], 1 | 2, RegExp]>([
    ['no pipeline', ['plan', ...workload, ...files], 2, /one pipeline is taken/],
    ['no workload', ['plan', folder, ...files], 2, /give --rate R/],
    [
      'a rate of zero',
      ['plan', folder, '--rate', '0', ...files],
      2,
      /--rate takes a number .* above 0, not "0"/,
    ],
    ['an SLO without a unit', [...planning, '--slo', '400'], 2, /did you mean "400 ms"\?/],
    [
      'a budget without a unit',
      ['plan', folder, ...workload, ...files, '--budget', '20'],
      2,
      /did you mean "20 s"\?/,
    ],
    ['no profile', ['plan', folder, ...workload, ...files.slice(2)], 2, /--profile FILE is missing/],
    ['no hardware', ['plan', folder, ...workload, ...files.slice(0, 2)], 2, /give --hardware FILE/],
    [
      'a profile that is not there',
      ['plan', folder, ...workload, '--profile', 'none.json', ...files.slice(2)],
      2,
      /there is no profile none\.json/,
    ],
    [
      'a profile of another pipeline',
      ['plan', folder, ...workload, '--profile', join(elsewhere, 't4.profile.json'), ...files.slice(2)],
      1,
      /t4\.profile\.json:3:\d+ +error +wrong-pipeline/,
    ],
    [
      'hardware without a price',
      ['plan', folder, ...workload, ...files.slice(0, 2), '--hardware', join(elsewhere, 'hardware.yaml')],
      1,
      /hardware\.yaml:3:\d+ +error +missing-price/,
    ],
    [
      'a comparison with the plan of another pipeline',
      [...planning, '--compare', join(elsewhere, 'plan.yaml')],
      1,
      /the plan is for pipeline "elsewhere", not "parcels"/,
    ],
    [
      'a file in no folder',
      [...planning, '--out', join(made, 'missing', 'plan.yaml')],
      2,
      /plan\.yaml can't be written: there is no such folder/,
    ],
    ['a folder for a file', [...planning, '--report', made], 2, /can't be written: it is no file/],
    [
      'one file for two things',
      [...planning, '--out', join(made, 'both'), '--report', join(made, 'both')],
      2,
      /--out and --report are the same file/,
    ],
  ])('refuses %s at once', async (_, args, status, message) => {
    expect(await millrace(args)).toEqual(refusal(status, message));
  });

  it('takes an SLO from the pipeline or the command line, and not without one', async () => {
    const plain = folderFor('plain');
    const text = readFileSync(join(folder, 'pipeline.yaml'), 'utf8').replace(/^slo: .*\n/m, '');
    writeFileSync(join(plain, 'pipeline.yaml'), text);
    const args = ['plan', plain, ...workload, ...files, ...quick];
    expect(await millrace(args)).toEqual(refusal(2, /pipeline parcels has no latency objective: give --slo/));
    expect(await millrace([...args, '--slo', '400 ms'])).toMatchObject({ status: 0 });
  });
});

describe('millrace estimate', () => {
  it('predicts the workload of the plan, or another', async () => {
    const own = await millrace(estimating);
    expect(own).toMatchObject({ status: 0, stdout: '' });
    expect(own.stderr).toContain('parcels: 8 queries/s, CV 1, 2 × 2,000 queries');
    expect(own.stderr).toMatch(/p99 +[\d.]+ ms +≤ 500 ms met/);
    const busier = await millrace([...estimating, '--rate', '9', '--queries', '1000', '--seeds', '2']);
    expect(busier.stderr).toContain('parcels: 9 queries/s, CV 1, 2 × 1,000 queries');
  });

  it('prints what is predicted as JSON, the same to the last digit', async () => {
    const [first, second] = await Promise.all([1, 2].map(() => millrace([...estimating, '--json'])));
    expect(first).toMatchObject({ status: 0, stderr: '' });
    expect(first).toEqual(second);
    const { predicted } = JSON.parse(first!.stdout);
    expect(Object.keys(predicted)).toEqual(['p50', 'p95', 'p99', 'spread', 'cost', 'utilisation']);
    expect(Object.keys(predicted.utilisation)).toEqual(['decode', 'find', 'read+tidy', 'translate']);
  });

  it('ends with 1 where the plan misses the SLO, and reports that', async () => {
    const report = join(folderFor('missed'), 'missed.html');
    const outcome = await millrace([...estimating, '--slo', '30 ms', '--queries', '300', '--report', report]);
    expect(outcome).toMatchObject({ status: 1, stdout: '' });
    expect(outcome.stderr).toContain('The plan misses the SLO: p99 ≤ 30.0 ms');
    expect(readFileSync(report, 'utf8')).toContain('This plan misses the SLO');
  });

  it('needs no prices', async () => {
    const report = join(folderFor('unpriced'), 'unpriced.html');
    const unpriced = ['estimate', elsewhere, '--plan', join(elsewhere, 'plan.yaml'), '--profile', elsewhere];
    const outcome = await millrace([
      ...unpriced,
      '--hardware',
      join(elsewhere, 'hardware.yaml'),
      '--rate',
      '20',
      '--queries',
      '300',
      '--report',
      report,
    ]);
    expect(outcome).toMatchObject({ status: 0 });
    expect(outcome.stderr).not.toContain('USD');
    expect(readFileSync(report, 'utf8')).not.toContain('Cost against');
  });

  it.each<[string, string[], 1 | 2, RegExp]>([
    ['no plan', ['estimate', folder, ...files], 2, /--plan FILE is missing/],
    [
      'a plan that is not there',
      ['estimate', folder, '--plan', 'none.yaml', ...files],
      2,
      /there is no plan none\.yaml/,
    ],
    [
      'hardware that lacks a stage',
      [
        'estimate',
        elsewhere,
        '--plan',
        join(elsewhere, 'misplaced.yaml'),
        '--profile',
        elsewhere,
        '--hardware',
        join(elsewhere, 'hardware.yaml'),
        '--rate',
        '1',
      ],
      1,
      /stage "translate" has no service times on "t4"/,
    ],
    [
      'a report in no folder',
      [...estimating, '--report', join(made, 'missing', 'a.html')],
      2,
      /there is no such folder/,
    ],
  ])('refuses %s at once', async (_, args, status, message) => {
    expect(await millrace(args)).toEqual(refusal(status, message));
    expect(existsSync(join(made, 'missing'))).toBe(false);
  });
});
