import { describe, expect, it } from 'vitest';
import { tensorflowServingRoutes } from '../../../../engine/server/tensorflow-serving/routes.ts';
import type { Route } from '../../../../engine/server/router.ts';
import { call, madePipeline, mirror, repositoryOf, serviceOf, textOfReply } from '../../../support/served.ts';
import { limits, predict, reasonOf, text } from './support.ts';

describe('what is told of a model', () => {
  const get = async (routes: readonly Route[], path: string) =>
    JSON.parse(textOfReply(await call(routes, 'GET', path))) as unknown;

  it('is the state of all its versions, or of one', async () => {
    const pipeline = await mirror({ text });
    const repository = await repositoryOf(serviceOf(pipeline), serviceOf(pipeline, { version: '2-beta' }));
    const idle = serviceOf(pipeline, { version: '3' });
    repository.add(idle);
    const routes = tensorflowServingRoutes(repository, limits);
    const ok = { error_code: 'OK', error_message: '' };
    const [first, second, third] = [
      { version: '1', state: 'AVAILABLE', status: ok },
      { version: '2-beta', state: 'AVAILABLE', status: ok },
      {
        version: '3',
        state: 'END',
        status: { error_code: 'UNAVAILABLE', error_message: 'it was not loaded yet' },
      },
    ];
    expect(await get(routes, '/v1/models/made')).toEqual({ model_version_status: [first, second, third] });
    expect(await get(routes, '/v1/models/made/versions/1')).toEqual({ model_version_status: [first] });
    expect(await get(routes, '/v1/models/made/labels/2-beta')).toEqual({ model_version_status: [second] });
    expect(await get(routes, '/v1/models/made/labels/latest')).toEqual({ model_version_status: [third] });
    expect(reasonOf(await predict(routes, { instances: ['a'] }))).toContain(
      '503 unavailable: pipeline "made" is not ready: it was not loaded yet',
    );
  });

  it('is its signature', async () => {
    const pipeline = await madePipeline({
      inputs: '{ n: { datatype: FP32, shape: [1] } }',
      stages: '  a: { operator: ./operators.mjs#numbers, inputs: { n: inputs.n } }',
      outputs: '{ numbers: a.list }',
    });
    const routes = tensorflowServingRoutes(await repositoryOf(serviceOf(pipeline)), limits);
    const info = (name: string, ...sizes: string[]) => ({
      dtype: 'DT_FLOAT',
      tensor_shape: { dim: sizes.map(size => ({ size, name: '' })), unknown_rank: false },
      name: `${name}:0`,
    });
    expect(await get(routes, '/v1/models/made/metadata')).toEqual({
      model_spec: { name: 'made', signature_name: '', version: '1' },
      metadata: {
        signature_def: {
          signature_def: {
            serving_default: {
              inputs: { n: info('n', '-1', '1') },
              outputs: { numbers: info('numbers', '-1', '-1', '1') },
              method_name: 'tensorflow/serving/predict',
            },
          },
        },
      },
    });
    // Fan-outs of different lengths are rows as they are, but no columns.
    expect(await predict(routes, { instances: [1, 2] })).toEqual([
      200,
      '{"predictions":[[[1.0]],[[1.0],[2.0]]]}',
    ]);
    expect(reasonOf(await predict(routes, { inputs: [[1], [2]] }))).toContain(
      '500 stage-failed: output "numbers"',
    );
  });
});
