/** Rehearsing a plan for hardware, models and code that this machine does not have. */
import { describe, expect, it } from 'vitest';
import { millrace, refusal } from './support/millrace.ts';

const folder = 'test/e2e/fixtures/elsewhere';
const plan = ['--plan', `${folder}/plan.yaml`];
const profiles = ['--profile', folder, '--hardware', `${folder}/hardware.yaml`];
const workload = ['--rate', '30', '--queries', '60'];

describe('millrace rehearse', () => {
  it('runs every query through stages that take as long as the profiles say', async () => {
    const outcome = await millrace(['rehearse', folder, ...plan, ...profiles, ...workload, '--json']);
    expect(outcome).toMatchObject({ status: 0, stderr: '' });
    const { predicted, measured, engine, lateness, workload: played } = JSON.parse(outcome.stdout);
    expect(played).toEqual({ rate: 30, cv: 1, queries: 60, seeds: 1 });
    const itemsOf = ({ stages }: { stages: { name: string; items: number }[] }) =>
      stages.map(({ name, items }) => [name, items]);
    expect(itemsOf(measured)).toEqual([
      ['find', 1],
      ['read', 2],
      ['translate', 0.4],
    ]);
    expect(itemsOf(predicted)).toEqual(itemsOf(measured));
    expect(Object.keys(measured.percentiles)).toEqual(['p50', 'p95', 'p99']);
    expect(Object.keys(predicted.percentiles)).toEqual(['p50', 'p95', 'p99']);
    expect(Object.keys(measured.utilisation)).toEqual(['find', 'read', 'translate']);
    expect(engine).toEqual({ query: expect.any(Number), hop: expect.any(Number), wake: expect.any(Number) });
    expect(lateness).toEqual({ p50: expect.any(Number), p99: expect.any(Number) });
  });

  it('prints predicted beside measured, and ends with 1 where the objective is missed', async () => {
    const tight = ['--slo', '1 ms', '--queries', '10', '--rate', '30'];
    const { status, stdout, stderr } = await millrace(['rehearse', folder, ...plan, ...profiles, ...tight]);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/latency +predicted +measured +difference\n +mean +[\d.]+ ms +[\d.]+ ms/);
    expect(stderr).toContain('p99 within 1.0 ms: predicted missed, measured missed');
  });

  it.each<[string, string[], 1 | 2, RegExp]>([
    ['no plan', [folder, ...profiles], 2, /--plan FILE is missing/],
    ['no profile', [folder, ...plan, ...workload], 2, /--profile FILE is missing/],
    ['no workload', [folder, ...plan, ...profiles], 2, /give --rate R/],
    [
      'hardware that lacks a stage',
      [folder, '--plan', `${folder}/misplaced.yaml`, ...profiles, ...workload],
      1,
      /stage "translate" has no service times on "t4"/,
    ],
  ])('refuses %s at once', async (_, args, status, message) => {
    expect(await millrace(['rehearse', ...args])).toEqual(refusal(status, message));
  });
});
