/**
 * Stages on another server: a real MLServer from PyPI, where there is a Python that has it. Elsewhere the tests that need
 * it are left out; in CI they run or fail.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Engine, loadPipeline, type Tensor } from 'millrace';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answers, millrace, refusal } from './support/millrace.ts';
import { freePort, python, startMlServer, type MlServer } from './support/mlserver.ts';
import { temporaryFolder } from './support/temporary.ts';

const lacks = python === undefined && !process.env['CI'];
const why = lacks
  ? ' (left out: MILLRACE_MLSERVER_PYTHON names no Python with test/e2e/fixtures/mlserver/requirements.txt)'
  : '';

/** A pipeline that trims a text here and asks MLServer to shout it. */
const shouting = (url: string) => `
millrace: pipeline/1
name: shouting
inputs:
  text: { datatype: BYTES, shape: [1] }
stages:
  trim:
    operator: ./trim.mjs#operator
    inputs: { text: inputs.text }
  shout:
    operator: remote/infer
    inputs: { text: trim.text }
    params:
      url: ${url}
      model: shout
      inputs: { text: { datatype: BYTES, shape: [1], parameters: { content_type: str } } }
      outputs:
        loud: { datatype: BYTES, shape: [1] }
        together: { datatype: INT64, shape: [1], name: batch }
outputs:
  loud: shout.loud
  together: shout.together
`;

const trimming = `
const one = { datatype: 'BYTES', shape: [1] };
const trim = bytes => new TextEncoder().encode(new TextDecoder().decode(bytes).trim());
export const operator = {
  description: 'Trims.',
  ports: { inputs: { text: one }, outputs: { text: one } },
  create: () => ({
    run: batch => batch.map(({ inputs }) => ({ text: { ...inputs.text, data: inputs.text.data.map(trim) } })),
  }),
};
`;

const reversing = (url: string) => `
millrace: pipeline/1
name: reversing
inputs:
  bytes: { datatype: BYTES, shape: [1] }
stages:
  reverse:
    operator: remote/infer
    inputs: { bytes: inputs.bytes }
    params:
      url: ${url}
      model: reverse
      inputs: { bytes: { datatype: BYTES, shape: [1], parameters: { content_type: base64 } } }
      outputs: { back: { datatype: BYTES, shape: [1] } }
outputs:
  back: reverse.back
`;

function textOf(value: unknown): string {
  const { data } = value as Tensor;
  return new TextDecoder().decode(data[0] as Uint8Array);
}

/** A folder with a pipeline. */
function written(pipeline: string): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'trim.mjs'), trimming);
  writeFileSync(join(folder, 'pipeline.yaml'), pipeline);
  return folder;
}

describe.skipIf(lacks)(`a stage on MLServer${why}`, () => {
  let server: MlServer;
  beforeAll(async () => {
    if (python === undefined) throw new Error('MILLRACE_MLSERVER_PYTHON is not set');
    server = await startMlServer(['shout', 'reverse']);
  });
  afterAll(() => server?.close());

  it('is one among others of a pipeline', async () => {
    const lines = await answers([written(shouting(server.url)), '--input', 'text= grüß dich ']);
    expect(lines.map(({ outputs }) => outputs)).toEqual([{ loud: 'GRÜSS DICH', together: 1 }]);
  });

  it('gets queries in batches, and one it can’t do fails alone', async () => {
    const pipeline = await loadPipeline(written(shouting(server.url)));
    const pool = { hardware: 'cpu', device: 'cpu', threads: 1, batch: 8, replicas: 1, maxWait: 0 } as const;
    const stages = pipeline.stages.map(({ name }) => name);
    const engine = await Engine.start(pipeline, { deployment: [{ name: 'all', stages, pools: [pool] }] });
    const given = ['a', 'b', 'c', 'hush', 'd', 'e'];
    const settled = await Promise.allSettled(given.map(text => engine.infer({ text })));
    await engine.close();
    const told = settled.map(result => {
      if (result.status === 'rejected') return String(result.reason.code);
      return textOf(result.value.outputs['loud']);
    });
    expect(told).toEqual(['A', 'B', 'C', 'stage-failed', 'D', 'E']);
    const reason = (settled[3] as PromiseRejectedResult).reason as Error;
    expect(reason.message).toBe('stage "shout": the server answered 500: ValueError: hush can\'t be shouted');
    const together = settled.flatMap(result =>
      result.status === 'rejected' ? [] : Number((result.value.outputs['together'] as Tensor).data[0]),
    );
    expect(Math.max(...together)).toBeGreaterThan(1);
  });

  it('takes and gives bytes that are no text', async () => {
    const engine = await Engine.start(await loadPipeline(written(reversing(server.url))));
    const { outputs } = await engine.infer({ bytes: Uint8Array.of(255, 0, 1) });
    await engine.close();
    expect((outputs['back'] as Tensor).data).toEqual([Uint8Array.of(1, 0, 255)]);
  });
});

describe('a stage on a server that is not there', () => {
  it('is checked all the same', async () => {
    const outcome = await millrace(['check', written(shouting(`http://127.0.0.1:${await freePort()}`))]);
    expect(outcome).toMatchObject({ status: 0 });
  });

  it('fails its queries as unavailable', async () => {
    const pipeline = written(shouting(`http://127.0.0.1:${await freePort()}`));
    const outcome = await millrace(['run', pipeline, '--input', 'text=a']);
    expect(outcome).toEqual(refusal(1, /unavailable: stage "shout": the server can't be reached: /));
  });
});
