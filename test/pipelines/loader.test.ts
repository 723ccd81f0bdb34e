import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  checkPipeline,
  loadPipeline,
  loadStructure,
  parsePipeline,
  PipelineError,
} from '../../pipelines/index.ts';

const folder = join(import.meta.dirname, 'fixtures', 'echo');

describe('loading', () => {
  test('takes a folder or a file', async () => {
    const pipeline = await loadStructure(folder);
    expect(pipeline).toMatchObject({ name: 'echo', file: join(folder, 'pipeline.yaml'), directory: folder });
    expect(await loadStructure(join(folder, 'pipeline.yaml'))).toEqual(pipeline);
    const bound = await loadPipeline(folder);
    expect(bound.stages[0]?.ports.outputs).toEqual({ text: { datatype: 'BYTES', shape: [1] } });
    expect(bound.outputTypes).toEqual({ text: { datatype: 'BYTES', shape: [1] } });
    expect(await checkPipeline(folder)).toEqual({ pipeline: bound, diagnostics: [] });
  });

  test('fills in what a file leaves out', () => {
    const { pipeline } = parsePipeline(
      'millrace: pipeline/1\nname: x\ninputs: {}\nstages: { a: { operator: b } }\noutputs: { o: a.p }\n',
    );
    expect(pipeline).toMatchObject({ description: '', slo: [], inputs: {}, file: '' });
    expect(pipeline?.stages).toEqual([
      {
        name: 'a',
        operator: 'b',
        params: {},
        inputs: {},
        outputs: {},
        each: null,
        when: null,
        state: {},
        timeout: 30_000,
        isolation: 'thread',
        pure: true,
      },
    ]);
  });

  test('sorts the objective by percentile', () => {
    const { pipeline } = parsePipeline(
      'millrace: pipeline/1\nname: x\nslo: { p99.9: 2 s, p50: 20 ms, p99: 1.5 s }\ninputs: {}\nstages: { a: { operator: b } }\noutputs: { o: a.p }\n',
    );
    expect(pipeline?.slo).toEqual([
      { percentile: 50, limit: 20 },
      { percentile: 99, limit: 1500 },
      { percentile: 99.9, limit: 2000 },
    ]);
  });

  test('opens no model and runs no code for the structure alone', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'millrace-'));
    const text = (await import('node:fs')).readFileSync(join(folder, 'pipeline.yaml'), 'utf8');
    await writeFile(join(directory, 'pipeline.yaml'), text.replace('../operators/good.js', './not-there.js'));
    expect((await loadStructure(directory)).name).toBe('echo');
    await expect(loadPipeline(directory)).rejects.toThrow(PipelineError);
    await expect(loadPipeline(directory)).rejects.toThrow(/error {2}operator-failed/);
  });

  test.each([
    [join(folder, 'nothing.yaml'), 'there is no pipeline'],
    [join(folder, '..'), 'holds no pipeline.yaml'],
    [join(folder, 'pipeline.yaml', 'x'), 'cannot be read'],
    ['\0', 'cannot be read'],
  ])('%s is not found', async (path, message) => {
    const error = await loadPipeline(path).catch((error: unknown) => error);
    expect(error).toMatchObject({ code: 'not-found', message: expect.stringContaining(message) });
    expect(error).not.toBeInstanceOf(PipelineError);
  });

  test('reads no more of a file than it takes to see that it is too large', async () => {
    const { diagnostics } = await checkPipeline('/dev/zero');
    expect(diagnostics.map(({ code }) => code)).toEqual(['too-large']);
  });
});
