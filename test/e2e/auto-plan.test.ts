/** The plan for the machine at hand: the default at first, its own once it was measured. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { linesOf, millrace, refusal, root } from './support/millrace.ts';
import { samplesOf, shipped } from './support/pipelines.ts';
import { temporaryFolder } from './support/temporary.ts';

const sample = shipped('fashion', 'samples', samplesOf('fashion')[0]!);
const running = ['run', 'fashion', '--input', `image=@${sample}`, '--plan', 'auto'];

/** A cache of its own; `kept` lists what is kept of the one pipeline there. */
function cacheAt(name: string) {
  const cache = join(temporaryFolder(), name);
  mkdirSync(cache);
  const folder = () => {
    const machines = join(cache, 'millrace');
    const [machine] = readdirSync(machines);
    const [pipeline] = readdirSync(join(machines, machine!));
    return join(machines, machine!, pipeline!);
  };
  const kept = () =>
    readdirSync(folder())
      .map(file => file.slice(17))
      .toSorted();
  return { options: { env: { XDG_CACHE_HOME: cache }, limit: 240_000 }, cache, folder, kept };
}

describe('run --plan auto', () => {
  it('answers with the default at once, measures then, and plans from that at the next start', async () => {
    const { options, folder, kept } = cacheAt('whole');
    const first = await millrace([...running, '--profile-budget', '90 s'], options);
    expect(first).toMatchObject({ status: 0, stdout: '' });
    expect(first.stderr).toMatch(
      /^plan: the default for \d+ cores?, since this machine is not measured yet\n/,
    );
    expect(first.stderr).toMatch(
      /latency .*\n\nmeasuring the stages.*\nthe next run uses the plan in .*plan\.yaml/,
    );
    expect(kept()).toContain('plan.yaml');
    expect(kept().filter(file => file.endsWith('.profile.json')).length).toBeGreaterThan(0);

    const second = await millrace(running, options);
    expect(second).toMatchObject({ status: 0, stdout: '' });
    expect(second.stderr).toMatch(/^plan: .*(within the SLO|none meets the SLO here)/);
    expect(second.stderr).not.toContain('measuring');
    const json = await millrace([...running, '--json'], options);
    expect(json).toMatchObject({ status: 0, stderr: '' });
    expect(linesOf(json.stdout)[0]!.outputs).toHaveProperty('labels');

    const plan = readdirSync(folder()).find(file => file.endsWith('plan.yaml'));
    writeFileSync(join(folder(), plan!), 'millrace: plan/1\n');
    const third = await millrace([...running, '--profile-budget', '20 s'], options);
    expect(third.stderr).toMatch(/^warning: .*plan\.yaml is damaged and is made again\nplan: the default/);
    expect(third).toMatchObject({ status: 0, stderr: expect.stringContaining('the next run uses the plan') });
  }, 300_000);

  it('measures nothing in a pipe, or for a program, unless told to', async () => {
    const { options, cache } = cacheAt('pipe');
    for (const json of [[], ['--json']]) {
      const outcome = await millrace([...running, ...json], options);
      expect(outcome).toMatchObject({ status: 0 });
      expect(outcome.stderr).not.toContain('measuring');
    }
    expect(readdirSync(cache)).not.toContain('millrace');
  });

  it('is ended by an interruption, which is no failure, and keeps what it has', async () => {
    const { options } = cacheAt('interrupted');
    const main = join(root, 'dist/engine/cli/main.js');
    const args = [main, ...running, '--profile-budget', '60 s'];
    const child = spawn(process.execPath, args, { cwd: root, env: { ...process.env, ...options.env } });
    let said = '';
    child.stderr.on('data', data => {
      said += data;
      if (said.includes('measuring the stages') && !child.killed) child.kill('SIGINT');
    });
    expect(await once(child, 'close')).toEqual([0, null]);
    expect(said).toMatch(
      /ending with the batch that runs\nnot all stages are measured yet: .* the next run goes on/,
    );
  });

  it('answers all the same where nothing can be kept', async () => {
    const { options, cache } = cacheAt('blocked');
    writeFileSync(join(cache, 'millrace'), 'a file');
    const outcome = await millrace([...running, '--profile-budget', '5 s'], options);
    expect(outcome.status).toBe(0);
    expect(outcome.stderr).toContain('warning: no plan was made for this machine');
  });

  it.each<[string, string[], RegExp]>([
    ['other hardware', [...running, '--hardware', 'cuda'], /--plan auto chooses .* leave out --hardware/],
    ['a budget without a unit', [...running, '--profile-budget', '20'], /did you mean "20 s"\?/],
    [
      'a budget alone',
      [...running.slice(0, -2), '--profile-budget', '20 s'],
      /--profile-budget goes with --plan auto/,
    ],
  ])('refuses %s', async (_, args, message) => {
    expect(await millrace(args)).toEqual(refusal(2, message));
  });
});
