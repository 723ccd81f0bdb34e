import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, describe, it, vi } from 'vitest';
import { loadStructure } from '../../pipelines/index.ts';
import { parseProfile, type Profile } from '../../planner/index.ts';
import { millrace, refusal, root } from './support/millrace.ts';
import { temporaryFolder } from './support/temporary.ts';

const folder = temporaryFolder();
const tensor = join(root, 'pipelines/fashion/tensor.yaml');

/** A new folder with pictures of 28 x 28 grey pixels. */
function picturesIn(name: string, sizes: readonly number[] = [784, 784, 784]): string {
  const made = join(folder, name);
  mkdirSync(made);
  for (const [index, size] of sizes.entries())
    writeFileSync(join(made, `${index}.raw`), Buffer.alloc(size, 40 * index));
  return made;
}

/** A new folder with a pipeline whose only input is a text and whose stage takes its time. */
function pipelineIn(name: string, stage: string): string {
  const made = join(folder, name);
  mkdirSync(made);
  const inputs = 'inputs: { text: { datatype: BYTES, shape: [1] } }';
  const text = `millrace: pipeline/1\nname: ${name}\n${inputs}\nstages:\n  work: ${stage}\noutputs: { text: work.out }\n`;
  writeFileSync(join(made, 'pipeline.yaml'), text);
  return made;
}

const emulate = (latency: string) =>
  `{ operator: emulate, inputs: { in: inputs.text }, params: { latency: { 1: ${latency} } } }`;

const quick = ['--max-batch', '2', '--repetitions', '10'];

describe('millrace profile', () => {
  it('writes a profile that the planner reads', async () => {
    const cwd = picturesIn('fine');
    const outcome = await millrace(['profile', tensor, '--input', 'pixels=@*.raw', ...quick], { cwd });
    expect(outcome).toMatchObject({ status: 0, stdout: '' });
    expect(outcome.stderr).toMatch(/classify +1 +1 .*written to fashion-tensor\.cpu\.profile\.json/s);
    expect(readdirSync(cwd)).toEqual(['0.raw', '1.raw', '2.raw', 'fashion-tensor.cpu.profile.json']);
    const text = readFileSync(join(cwd, 'fashion-tensor.cpu.profile.json'), 'utf8');
    const { profile, diagnostics } = parseProfile(text, '', await loadStructure(tensor));
    expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(Object.keys(profile!.stages)).toEqual(['normalise', 'classify', 'softmax', 'top']);
    const { scale, batches, memory } = profile!.stages['classify']!;
    expect(scale).toEqual({ mean: 1, samples: [1, 1, 1] });
    expect(batches.map(({ batch }) => batch)).toEqual([1, 2]);
    expect(memory).toBeGreaterThan(0);
    const { query, hop, item, wake } = profile!.engine;
    for (const cost of [query, hop, item, wake]) expect(cost).toBeGreaterThanOrEqual(0);
  });

  it('takes the samples beside the pipeline, and prints nothing but the profile where that is asked for', async () => {
    const pipeline = pipelineIn('beside', emulate('2 ms'));
    mkdirSync(join(pipeline, 'samples'));
    for (const name of ['a[1].txt', 'b.txt', 'about.json'])
      writeFileSync(join(pipeline, 'samples', name), 'text');
    const out = join(folder, 'beside.json');
    const outcome = await millrace(['profile', pipeline, '--json', '--out', out, ...quick]);
    expect(outcome).toMatchObject({ status: 0, stderr: '' });
    const printed = JSON.parse(outcome.stdout) as Profile;
    expect(printed).toEqual(JSON.parse(readFileSync(out, 'utf8')));
    expect(printed.stages['work']!.scale.samples).toEqual([1, 1]);
  });

  it('profiles every type of a hardware file that is here', async () => {
    const cwd = picturesIn('types');
    const types =
      'cpu: { device: cpu }, huge: { device: cpu, threads: 1000 }, t4: { device: cuda }, two: { device: cpu }';
    writeFileSync(join(cwd, 'hardware.yaml'), `millrace: hardware/1\ntypes: { ${types} }\n`);
    const args = ['profile', tensor, '--input', 'pixels=@*.raw', '--hardware', 'hardware.yaml', '--json'];
    const { status, stdout, stderr } = await millrace([...args, ...quick], { cwd });
    expect(stderr).toMatch(/warning: t4 is left out: unavailable: .*cuda/);
    expect(status).toBe(0);
    const made = stdout.trim().split('\n');
    expect(made.map(line => (JSON.parse(line) as Profile).hardware)).toEqual(['cpu', 'two']);
    expect(readdirSync(cwd).filter(name => name.includes('profile'))).toEqual([
      'fashion-tensor.cpu.profile.json',
      'fashion-tensor.two.profile.json',
    ]);
  });
});

describe('an interrupted profile', () => {
  it('keeps what it has and goes on from there', async () => {
    const pipeline = pipelineIn('slow', emulate('40 ms'));
    const out = join(folder, 'slow.json');
    const partial = `${out}.partial`;
    const args = ['profile', pipeline, '--input', 'text=x', '--out', out];
    const long = ['--repetitions', '20'];
    const main = join(root, 'dist/engine/cli/main.js');
    const child = spawn(process.execPath, [main, ...args, ...long], { cwd: root });
    let said = '';
    child.stderr.on('data', data => (said += data));
    const kept = () => (existsSync(partial) ? readFileSync(partial, 'utf8') : '');
    await vi.waitFor(() => expect(kept()).toContain('"batch":1,'), { timeout: 60_000, interval: 20 });
    child.kill('SIGINT');
    expect(await once(child, 'close')).toEqual([null, 'SIGINT']);
    expect(said).toContain(`interrupted: ${partial} has what was measured`);
    expect(existsSync(out)).toBe(false);
    const first = (JSON.parse(kept()) as Profile).stages['work']!.batches[0];

    const again = await millrace([...args, ...quick, '--json']);
    expect(again).toMatchObject({ status: 0, stderr: expect.stringContaining(`going on with ${partial}`) });
    const { batches } = (JSON.parse(again.stdout) as { stages: Record<string, { batches: object }> }).stages[
      'work'
    ]!;
    expect(Object.keys(batches)).toEqual(['1', '2']);
    expect(batches).toMatchObject({ 1: { mean: first!.mean } });
    expect(existsSync(partial)).toBe(false);
  });

  it('is what a budget that is too small leaves', async () => {
    const pipeline = pipelineIn('short', emulate('100 ms'));
    const out = join(folder, 'short.json');
    const args = ['profile', pipeline, '--input', 'text=x', '--out', out];
    const small = await millrace([...args, '--budget', '1 ms']);
    expect(small).toEqual(
      refusal(1, /no time was left to measure "work"[^]*the budget is spent; .*partial has/),
    );
    expect(existsSync(out)).toBe(false);
    const anew = await millrace([...args, ...quick, '--restart']);
    expect(anew).toMatchObject({ status: 0, stderr: expect.not.stringContaining('going on') });
    expect(existsSync(`${out}.partial`)).toBe(false);
  });
});

describe('a profile that can’t be', () => {
  const pixels = ['--input', `pixels=@${picturesIn('pixels')}/*.raw`];
  const odd = ['--input', `pixels=@${picturesIn('odd', [783])}/0.raw`];
  const faulty = join(root, 'test/e2e/fixtures/faulty');
  const none = pipelineIn('none', emulate('1 ms'));
  const nowhere = join(folder, 'nowhere', 'profile.json');

  it.each<[string, string[], 1 | 2, RegExp]>([
    ['of nothing', [], 2, /profile takes one pipeline/],
    ['on unknown hardware', [tensor, ...pixels, '--hardware', 'gpu'], 2, /no hardware "gpu"; there are cpu/],
    ['on hardware that is not here', [tensor, ...pixels, '--hardware', 'cuda'], 2, /unavailable: .*cuda/],
    ['without samples', [none], 2, /no samples in .*none.samples: give --input text=@FILE/],
    ['with samples of another kind', [tensor], 1, /410 bytes|bytes, which do not make .*give --input pixels/],
    ['with inputs of another size', [tensor, ...odd], 1, /783 bytes, which do not make UINT8 \[28, 28\]/],
    ['of an operator that always fails', [faulty, '--input', 'text=throws'], 1, /"work": out of paper/],
    ['without a unit of time', [tensor, ...pixels, '--budget', '60'], 2, /--budget takes a duration/],
    ['in no time', [tensor, ...pixels, '--budget', '0 s'], 2, /--budget takes a duration/],
    ['of batches of none', [tensor, ...pixels, '--max-batch', '0'], 2, /--max-batch takes a whole number/],
    ['in no folder', [tensor, ...pixels, '--out', nowhere], 2, /can't be written: there is no such folder/],
  ])('%s says why', async (_, args, status, message) => {
    const cwd = temporaryFolder();
    const outcome = await millrace(['profile', ...args], { cwd });
    expect(outcome).toEqual(refusal(status, message));
    expect(readdirSync(cwd)).toEqual([]);
  });
});
