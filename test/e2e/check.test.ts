import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { millrace, refusal, root } from './support/millrace.ts';
import { temporaryFolder } from './support/temporary.ts';

const mistakes = 'test/e2e/fixtures/mistakes';
const file = `${mistakes}/pipeline.yaml`;

const rendered = `${file}:3:13  error  bad-slo
    3 | slo: { p99: 10 }
      |             ^^ "p99" must be a duration, such as 150 ms, not 10

${file}:7:3  error  unused-stage
    7 |   first:
      |   ^^^^^ nothing leads from stage "first" to an output

${file}:8:15  error  unknown-operator
    8 |     operator: emulat
      |               ^^^^^^ there is no built-in operator "emulat"; did you mean "emulate"?

${file}:12:19  error  unknown-input
   12 |     inputs: { in: inputs.txt }
      |                   ^^^^^^^^^^ the pipeline has no input "txt"; did you mean "text"?

${file}:15:9  error  unknown-port
   15 |   text: second.outt
      |         ^^^^^^^^^^^ stage "second" has no output "outt"; did you mean "out"?
`;

describe('millrace check', () => {
  it('finds nothing wrong with what ships, given by name, folder or file', async () => {
    const { status, stdout, stderr } = await millrace([
      'check',
      'ocr',
      'pipelines/speech',
      'pipelines/fashion/tensor.yaml',
    ]);
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
    expect(stderr).toBe(
      'ocr: fine, 13 stages\npipelines/speech: fine, 4 stages\npipelines/fashion/tensor.yaml: fine, 4 stages\n',
    );
  });

  it('shows every mistake at once, where it is and what to do', async () => {
    const { status, stdout, stderr } = await millrace(['check', mistakes]);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr.trimEnd()).toBe(rendered.trimEnd());
  });

  it('names files as seen from where it is run', async () => {
    const { stderr } = await millrace(['check', '.'], { cwd: join(root, mistakes) });
    expect(stderr).toMatch(/^pipeline\.yaml:3:13 {2}error/);
  });

  it('with --json prints the diagnostics, and nothing for people', async () => {
    const { status, stdout, stderr } = await millrace(['check', mistakes, '--json']);
    expect({ status, stderr }).toEqual({ status: 1, stderr: '' });
    const { diagnostics, ...rest } = JSON.parse(stdout);
    expect(rest).toEqual({});
    expect(diagnostics.map(({ code }: { code: string }) => code)).toEqual([
      'bad-slo',
      'unused-stage',
      'unknown-operator',
      'unknown-input',
      'unknown-port',
    ]);
    expect(diagnostics[2]).toEqual({
      code: 'unknown-operator',
      severity: 'error',
      file,
      line: 8,
      column: 15,
      message: 'there is no built-in operator "emulat"',
      suggestion: 'emulate',
    });
  });

  it('with --json prints an empty list where nothing is wrong', async () => {
    const { status, stdout } = await millrace(['check', 'fashion', '--json']);
    expect({ status, stdout }).toEqual({ status: 0, stdout: '{"diagnostics":[]}\n' });
  });

  it('goes on to the next file after one with mistakes', async () => {
    const { status, stderr } = await millrace(['check', mistakes, 'fashion']);
    expect(status).toBe(1);
    expect(stderr).toContain('unknown-operator');
    expect(stderr).toContain('fashion: fine');
  });

  it('goes on to the next file after one that is not there, and is misuse all the same', async () => {
    const files = [mistakes, 'nowhere.yaml', 'fashion'];
    const { status, stdout, stderr } = await millrace(['check', ...files]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain('unknown-operator');
    expect(stderr).toMatch(/\nmillrace: not-found: .*nowhere\.yaml\nfashion: fine, \d stages\n$/);
  });

  it('with --json prints what the other files have where one is not there', async () => {
    const { status, stdout, stderr } = await millrace(['check', 'nowhere.yaml', mistakes, '--json']);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^millrace: not-found: .*nowhere\.yaml\n$/);
    expect(JSON.parse(stdout).diagnostics).toHaveLength(5);
  });

  it.each([
    ['a file that is not there', ['nowhere.yaml'], /not-found: .*nowhere\.yaml/],
    ['a folder without a pipeline', ['test'], /not-found: .*no pipeline\.yaml/],
    ['no argument', [], /at least one pipeline\nSee: millrace check --help/],
    [
      'a switch given twice',
      ['ocr', '--json', '--json'],
      /--json may be given once\nSee: millrace check --help/,
    ],
    ['an unknown option', ['ocr', '--jsn'], /--jsn[^]*See: millrace check --help/],
  ])('calls %s misuse', async (_, args, message) => {
    expect(await millrace(['check', ...args])).toEqual(refusal(2, message));
  });

  it('takes the operators beside the file, wherever that is', async () => {
    const folder = join(temporaryFolder(), 'deeper');
    mkdirSync(folder);
    for (const name of ['pipeline.yaml', 'shout.mjs']) {
      copyFileSync(join(root, 'test/e2e/fixtures/shout', name), join(folder, name));
    }
    expect(await millrace(['check', folder])).toMatchObject({
      status: 0,
      stderr: `${folder}: fine, 2 stages\n`,
    });
  });
});
