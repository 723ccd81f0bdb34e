import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { linesOf, millrace, refusal, root, type Outcome } from './support/millrace.ts';
import { temporaryFolder } from './support/temporary.ts';

const shout = join(root, 'test/e2e/fixtures/shout');
const main = join(root, 'dist/engine/cli/main.js');

/** Runs the pipeline of `fixtures/shout`, whose inputs are given unless told otherwise. */
function runShout(
  args: readonly string[] = [],
  inputs: Record<string, string> = {},
  cwd = root,
): Promise<Outcome> {
  const given = Object.entries({ text: 'hey', times: '2', weights: '[1, 2.5]', ...inputs });
  return millrace(
    ['run', shout, ...given.flatMap(([name, value]) => ['--input', `${name}=${value}`]), ...args],
    { cwd },
  );
}

describe('millrace run', () => {
  /** Three texts in files; the second makes the operator fail. */
  let folder: string;

  beforeAll(() => {
    folder = temporaryFolder();
    for (const [name, text] of [
      ['a', 'one'],
      ['b', 'fail'],
      ['c', 'three'],
    ]) {
      writeFileSync(join(folder, `${name}.txt`), text!);
    }
  });

  it('shows people the outputs, each stage and the latency beside the SLO', async () => {
    const { status, stdout, stderr } = await runShout();
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
    expect(stderr).toMatch(
      /^text: HEYHEY\nsum: 3\.5\n\n {2}stage +items +queue +service\n {2}shout +1 .*\n {2}pass +1 /,
    );
    expect(stderr).toMatch(
      /\nlatency [\d.]+ [mµ]?s, (within|over) the SLO \(p50 ≤ 20(\.0+)? s, p99 ≤ 30(\.0+)? s\)\n$/,
    );
  });

  it('draws no progress in a pipe', async () => {
    const { stderr } = await runShout(['--repeat', '20']);
    // oxlint-disable-next-line no-control-regex -- what moves a terminal's cursor
    expect(stderr).not.toMatch(/[\r\u001b]/);
    expect(stderr).toMatch(/\n20 queries in /);
  });

  it('with --json prints one object per query and nothing else', async () => {
    const { status, stdout, stderr } = await runShout(['--json']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const lines = linesOf(stdout);
    expect(lines).toHaveLength(1);
    expect(Object.keys(lines[0]!)).toEqual(['outputs', 'stages', 'latency', 'slo']);
    expect(lines[0]).toMatchObject({
      outputs: { text: 'HEYHEY', sum: 3.5 },
      slo: { p50: 20_000, p99: 30_000 },
    });
    const time = expect.any(Number);
    expect(lines[0]!.stages).toEqual([
      { name: 'shout', items: 1, queue: time, service: time },
      { name: 'pass', items: 1, queue: time, service: time },
    ]);
  });

  it('takes a pattern for one query per file, and goes on after one that failed', async () => {
    const { status, stdout } = await runShout(['--json'], { text: '@*.txt' }, folder);
    expect(status).toBe(1);
    expect(linesOf(stdout).map(({ outputs, error }) => error ?? outputs['text'])).toEqual([
      'ONEONE',
      { code: 'stage-failed', stage: 'shout', message: 'stage "shout": nothing to shout' },
      'THREETHREE',
    ]);
  });

  it('tells people which query failed and why, without a stack', async () => {
    const { status, stderr } = await runShout([], { text: '@*.txt' }, folder);
    expect(status).toBe(1);
    expect(stderr).toContain('b.txt: stage-failed: stage "shout": nothing to shout\n');
    expect(stderr).toContain('text: THREETHREE');
    expect(stderr).toContain('3 queries');
    expect(stderr).toContain('1 failed');
    expect(stderr).not.toMatch(/^\s+at |second line/m);
  });

  it('repeats all queries, in order, with several in flight', async () => {
    const args = ['--json', '--repeat', '3', '--concurrency', '4'];
    const { stdout } = await runShout(args, { text: '@{a,c}.txt' }, folder);
    const texts = linesOf(stdout).map(({ outputs }) => outputs['text']);
    expect(texts).toEqual(['ONEONE', 'THREETHREE', 'ONEONE', 'THREETHREE', 'ONEONE', 'THREETHREE']);
  });

  it('shows values on the way', async () => {
    const show = ['--show', 'shout.text', '--show', 'shout.sum'];
    const { stdout } = await runShout([...show, '--json']);
    expect(linesOf(stdout)[0]!.shown).toEqual({ 'shout.text': 'HEYHEY', 'shout.sum': 3.5 });
    expect((await runShout(show)).stderr).toContain(
      '\nshout.text: BYTES [1] HEYHEY\nshout.sum: FP32 [1] 3.5\n',
    );
  });

  it.each([
    ['a number and JSON', { times: '1', weights: '[0.5, 0.25]' }, { text: 'HEY', sum: 0.75 }],
    ['an empty text and an empty list', { text: '', weights: '[]' }, { text: '', sum: 0 }],
    ['a text with an equals sign', { text: 'a=b', times: '1' }, { text: 'A=B', sum: 3.5 }],
    ['a JSON file', { weights: '@weights.json' }, { text: 'HEYHEY', sum: 6 }],
    ['a file of raw numbers', { weights: '@weights.raw' }, { text: 'HEYHEY', sum: 7 }],
  ])('takes %s', async (_, inputs, outputs) => {
    writeFileSync(join(folder, 'weights.json'), '[1, 2, 3]');
    writeFileSync(join(folder, 'weights.raw'), new Uint8Array(Float32Array.of(3, 4).buffer));
    const { stdout } = await runShout(['--json'], inputs, folder);
    expect(linesOf(stdout).map(line => line.outputs)).toEqual([outputs]);
  });

  it.each([
    ['a number that is none', { times: 'many' }, /invalid-input: .*times.* neither a number nor JSON/],
    ['a number of another type', { times: '1.5' }, /invalid-input: 1\.5 is no INT32/],
    ['a number of another size', { times: '4294967296' }, /invalid-input: .*INT32/],
    ['another shape', { weights: '[[1], [2]]' }, /invalid-input: .*"weights".*\[2, 1\].*\[n\]/],
    ['raw numbers cut short', { weights: '@cut.raw' }, /invalid-input: .*cut\.raw has 7 bytes/],
  ])('refuses %s', async (_, inputs, message) => {
    writeFileSync(join(folder, 'cut.raw'), new Uint8Array(7));
    expect(await runShout([], inputs, folder)).toEqual(refusal(1, message));
  });

  it.each([
    ['a missing input', ['run', shout, '--input', 'text=hey'], /--input is missing for times, weights/],
    [
      'an unknown input',
      ['run', shout, '--input', 'txt=hey'],
      /no input "txt"; it takes text, times, weights/,
    ],
    ['an input without a value', ['run', shout, '--input', 'text'], /--input takes NAME=VALUE, not "text"/],
    [
      'an input given twice',
      ['run', shout, '--input', 'text=a', '--input', 'text=b'],
      /"text" is given twice/,
    ],
    ['a file that is not there', ['run', shout, '--input', 'text=@nowhere.txt'], /not-found: nowhere\.txt/],
    ['a pattern that nothing matches', ['run', shout, '--input', 'text=@nowhere*'], /not-found: .*nowhere\*/],
    ['no pipeline', ['run'], /takes one pipeline/],
    ['a pipeline that is not there', ['run', 'nowhere'], /not-found: .*nowhere/],
  ])('calls %s misuse', async (_, args, message) => {
    expect(await millrace(args)).toEqual(refusal(2, message));
  });

  it.each([
    ['--repeat 0', /--repeat takes a whole number of at least 1, not "0"/],
    ['--repeat 2 --repeat 3', /--repeat may be given once/],
    ['--show shout.txt', /no "shout\.txt" to show; there are shout\.text, shout\.sum, pass\.out/],
    ['--hardware abacus', /no hardware "abacus"; there are cpu, /],
    ['--plan nowhere.yaml', /not-found: .*nowhere\.yaml/],
    [
      '--out nowhere/results.jsonl',
      /not-found: nowhere\/results\.jsonl can't .*: there is no such folder\n$/,
    ],
    ['--out test', /not-found: test can't be written: it is no file\n$/],
    ['--json --json', /--json may be given once/],
    ['--faster', /--faster/],
  ])('calls %s misuse', async (args, message) => {
    expect(await runShout(args.split(' '))).toEqual(refusal(2, message));
  });

  it('shows the mistakes of an invalid pipeline, and runs nothing', async () => {
    const { status, stdout, stderr } = await millrace([
      'run',
      'test/e2e/fixtures/mistakes',
      '--input',
      'text=a',
      '--json',
    ]);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/^test\/e2e\/fixtures\/mistakes\/pipeline\.yaml:3:13 {2}error {2}bad-slo\n/);
  });
});

describe('millrace run --out', () => {
  it('writes what --json prints, in a file that appears whole', async () => {
    const folder = temporaryFolder();
    const { status, stdout } = await runShout([
      '--out',
      join(folder, 'results.jsonl'),
      '--repeat',
      '2',
      '--json',
    ]);
    expect(status).toBe(0);
    expect(readFileSync(join(folder, 'results.jsonl'), 'utf8')).toBe(stdout);
    expect(readdirSync(folder)).toEqual(['results.jsonl']);
  });

  it('leaves what is there alone when it fails as a whole', async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'results.jsonl');
    writeFileSync(file, 'from before\n');
    const { status } = await runShout(['--out', file, '--hardware', 'abacus']);
    expect(status).toBe(2);
    expect(readFileSync(file, 'utf8')).toBe('from before\n');
    expect(readdirSync(folder)).toEqual(['results.jsonl']);
  });

  it('has a line for a query that failed too', async () => {
    const file = join(temporaryFolder(), 'results.jsonl');
    expect((await runShout(['--out', file], { text: 'fail' })).status).toBe(1);
    const lines = linesOf(readFileSync(file, 'utf8'));
    expect(lines.map(({ error }) => error?.code)).toEqual(['stage-failed']);
  });

  it('is opened before anything is run', async () => {
    const outcome = await runShout(['--out', 'nowhere/results.jsonl', '--json'], { text: 'fail' });
    expect(outcome).toEqual(refusal(2, /not-found: nowhere/));
  });

  it.skipIf(!existsSync('/dev/full'))('leaves nothing on a full disk, and says so in a line', async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'results.jsonl');
    symlinkSync('/dev/full', `${file}.part`);
    const { status, stderr } = await runShout([
      '--out',
      file,
      '--repeat',
      '3',
      '--concurrency',
      '3',
      '--json',
    ]);
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: `millrace: unavailable: ${file} can't be written: ENOSPC: no space left on device\n`,
    });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('leaves nothing when the engine does not start', async () => {
    const folder = temporaryFolder();
    const { status } = await runShout(['--out', join(folder, 'results.jsonl'), '--show', 'shout.txt']);
    expect(status).toBe(2);
    expect(readdirSync(folder)).toEqual([]);
  });

  it.skipIf(process.platform === 'win32')('leaves nothing when it is interrupted', async () => {
    const folder = temporaryFolder();
    const inputs = ['text=a', 'times=1', 'weights=[1]'].flatMap(input => ['--input', input]);
    const out = ['--out', join(folder, 'results.jsonl'), '--json', '--repeat', '1000000'];
    const child = spawn(process.execPath, [main, 'run', shout, ...inputs, ...out], { cwd: root });
    await once(child.stdout, 'data');
    expect(readdirSync(folder)).toEqual(['results.jsonl.part']);
    child.stdout.resume();
    child.kill('SIGINT');
    expect(await once(child, 'close')).toEqual([null, 'SIGINT']);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is not begun where there is nothing to run', async () => {
    const file = join(temporaryFolder(), 'results.jsonl');
    expect((await millrace(['run', shout, '--out', file])).status).toBe(2);
    expect(existsSync(file) || existsSync(`${file}.part`)).toBe(false);
  });
});

describe('millrace run on other hardware', () => {
  it('runs a plan, with hardware from a file', async () => {
    const plan = ['--plan', join(shout, 'plan.yaml'), '--hardware', join(shout, 'hardware.yaml')];
    const { status, stdout } = await runShout([...plan, '--repeat', '4', '--concurrency', '4', '--json']);
    expect(status).toBe(0);
    expect(linesOf(stdout).map(({ outputs }) => outputs['text'])).toEqual(Array(4).fill('HEYHEY'));
  });

  it('refuses a plan that does not fit, with every mistake and its place', async () => {
    const text = readFileSync(join(shout, 'plan.yaml'), 'utf8');
    const file = join(temporaryFolder(), 'plan.yaml');
    writeFileSync(file, text.replace('[pass]', '[pas, shout]'));
    const { status, stdout, stderr } = await runShout([
      '--plan',
      file,
      '--hardware',
      join(shout, 'hardware.yaml'),
    ]);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(new RegExp(`^${file}:6:14 {2}error {2}unknown-stage\n`, 'm'));
    expect(stderr).toContain('no stage "pas"; did you mean "pass"?');
    expect(stderr).toMatch(/error {2}repeated-stage/);
  });

  it('refuses a plan for hardware that nothing defines', async () => {
    const { status, stderr } = await runShout(['--plan', join(shout, 'plan.yaml')]);
    expect(status).toBe(1);
    expect(stderr).toMatch(/no hardware type "small" is defined/);
  });

  it('takes one name for all stages', async () => {
    const { status, stdout } = await runShout(['--hardware', 'cpu-2', '--json']);
    expect(status).toBe(0);
    expect(linesOf(stdout)[0]!.outputs['text']).toBe('HEYHEY');
  });

  it.each(['cuda', 'tensorrt', 'coreml', 'directml'])('never runs %s on something else', async device => {
    const input = 'image=@pipelines/fashion/samples/00-ankle-boot.png';
    const outcome = await millrace(['run', 'fashion', '--input', input, '--hardware', device]);
    const message = new RegExp(`unavailable: stage "classify" asks for ${device},.*this build .* has cpu, `);
    expect(outcome).toEqual(refusal(2, message));
  });
});
