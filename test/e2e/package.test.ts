/** What is packed, installed where nothing else is. */
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { root, run, type Outcome } from './support/millrace.ts';
import { readJson, shipped } from './support/pipelines.ts';
import { temporaryFolder } from './support/temporary.ts';

const script = `
import { readFile } from 'node:fs/promises';
import { Engine, loadPipeline, toPlain } from 'millrace';

const engine = await Engine.start(await loadPipeline('node_modules/millrace/pipelines/fashion'));
const { outputs } = await engine.infer({ image: await readFile(process.argv[2]) });
console.log(toPlain(outputs.labels)[0]);
await engine.close();
`;

const operator = `
import { text } from 'millrace/operator';

const port = { datatype: 'BYTES', shape: [1] };
export const operator = {
  description: 'Greets.',
  ports: { inputs: { name: port }, outputs: { greeting: port } },
  create: () => ({
    run: batch => batch.map(({ inputs }) => ({ greeting: text('Hello ' + new TextDecoder().decode(inputs.name.data[0])) })),
  }),
};
`;

const pipeline = `millrace: pipeline/1
name: greet
inputs: { name: { datatype: BYTES, shape: [1] } }
stages: { greet: { operator: ./greet.mjs, inputs: { name: inputs.name } } }
outputs: { greeting: greet.greeting }
`;

describe('the package', () => {
  let folder: string;
  let packed: string[];
  const picture = shipped('fashion', 'samples', '00-ankle-boot.png');
  const npx = (...args: string[]): Promise<Outcome> => run('npx', ['millrace', ...args], { cwd: folder });

  beforeAll(async () => {
    folder = temporaryFolder();
    const pack = await run('npm', ['pack', '--json', '--pack-destination', folder]);
    packed = JSON.parse(pack.stdout)[0].files.map(({ path }: { path: string }) => path);
    const tarball = readdirSync(folder).find(name => name.endsWith('.tgz'))!;
    // Marks the folder as the one to install into, whatever lies above it.
    writeFileSync(join(folder, 'package.json'), '{ "private": true }');
    const args = [
      'install',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      '--prefer-offline',
      `./${tarball}`,
    ];
    const install = await run('npm', args, { cwd: folder, limit: 540_000 });
    if (install.status !== 0) throw new Error(install.stderr);
  }, 600_000);

  it('holds what runs, the pipelines and the licence, and neither sources nor tests', () => {
    expect(packed).toEqual(
      expect.arrayContaining([
        'LICENSE',
        'README.md',
        'dist/engine/cli/main.js',
        'dist/engine/client/browser.js',
        'dist/engine/client/index.d.ts',
        'dist/engine/index.d.ts',
        'dist/engine/runtime/worker.js',
        'pipelines/fashion/models/2/model.onnx',
        'pipelines/fashion/README.md',
        'pipelines/ocr/pipeline.yaml',
        'pipelines/ocr/samples/receipt.png',
        'pipelines/pipeline.schema.json',
        'pipelines/speech/golden/silence.json',
      ]),
    );
    const strays = packed.filter(
      path => !/^(dist\/(engine|operators|pipelines|planner)|pipelines)\//.test(path),
    );
    expect(strays.sort()).toEqual([
      'LICENSE',
      'README.md',
      'engine/server/observe/grafana.json',
      'package.json',
    ]);
    expect(packed.filter(path => /\.map$|(?<!\.d)\.ts$/.test(path))).toEqual([]);
  });

  it('gives a command', async () => {
    const { version } = readJson<{ version: string }>(join(root, 'package.json'));
    expect(await npx('--version')).toMatchObject({ status: 0, stdout: `${version}\n` });
  });

  it('checks the pipelines that come with it, with the models of its dependencies', async () => {
    const outcome = await npx('check', 'node_modules/millrace/pipelines/ocr', 'speech');
    expect(outcome).toMatchObject({ status: 0, stdout: '' });
    expect(outcome.stderr).toContain('pipelines/ocr: fine, 13 stages\nspeech: fine, 4 stages\n');
  });

  it('runs a pipeline by its name', async () => {
    const outcome = await npx('run', 'fashion', '--input', `image=@${picture}`, '--json');
    expect(outcome.status).toBe(0);
    expect(JSON.parse(outcome.stdout).outputs.labels[0]).toBe('Ankle boot');
  });

  it('is a library', async () => {
    writeFileSync(join(folder, 'use.mjs'), script);
    const outcome = await run(process.execPath, ['use.mjs', picture], { cwd: folder });
    expect(outcome).toMatchObject({ status: 0, stdout: 'Ankle boot\n' });
  });

  it('helps to write operators', async () => {
    writeFileSync(join(folder, 'greet.mjs'), operator);
    writeFileSync(join(folder, 'greet.yaml'), pipeline);
    const outcome = await npx('run', 'greet.yaml', '--input', 'name=you', '--json');
    expect(outcome.status).toBe(0);
    expect(JSON.parse(outcome.stdout).outputs).toEqual({ greeting: 'Hello you' });
  });
});
