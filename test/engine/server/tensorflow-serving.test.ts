import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tensorflowServingRoutes } from '../../../engine/server/tensorflow-serving/routes.ts';
import { readTensor } from '../../../engine/server/tensorflow-serving/read-tensor.ts';
import { writeDecimal, writeValue } from '../../../engine/server/tensorflow-serving/write.ts';
import type { Route } from '../../../engine/server/router.ts';
import { parseLenientJson, type Tensor } from '../../../operators/index.ts';
import { madePipeline, mirror, call, repositoryOf, serviceOf, textOfReply } from '../../support/served.ts';
import { anyTensor } from '../../support/tensors.ts';

const limits = { batch: 4 };
const text = '{ datatype: BYTES, shape: [1] }';

async function routesOf(inputs: Readonly<Record<string, string>>): Promise<Route[]> {
  return tensorflowServingRoutes(await repositoryOf(serviceOf(await mirror(inputs))), limits);
}

/** Status and body of a prediction. */
async function predict(
  routes: readonly Route[],
  body: unknown,
  {
    headers = {},
    path = '/v1/models/made:predict',
  }: { headers?: Record<string, string>; path?: string } = {},
): Promise<[number, string]> {
  const sent = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
  const reply = await call(routes, 'POST', path, { headers, body: sent });
  return [reply.status, textOfReply(reply)];
}

const reasonOf = ([status, body]: [number, string]) =>
  `${status} ${(JSON.parse(body) as { error: string }).error}`;

const points = await routesOf({ x: '{ datatype: FP32, shape: [2, -1] }' });
const texts = await routesOf({ text });
const two = await routesOf({ a: '{ datatype: FP32, shape: [-1] }', b: '{ datatype: INT64, shape: [1] }' });

describe('rows', () => {
  it('are one query each, and answered by values nested by their shapes', async () => {
    expect(await predict(points, '{"instances":[[[1,2],[3.5,-0.0]],[[1e30],[0.1]]]}')).toEqual([
      200,
      '{"predictions":[[[1.0,2.0],[3.5,-0.0]],[[1e+30],[0.1]]]}',
    ]);
  });

  it('name their inputs where there are several, and get objects', async () => {
    const instances = '[{"a":[1],"b":9007199254740993},{"b":[-9223372036854775808],"a":[]}]';
    expect(await predict(two, `{"instances":${instances}}`)).toEqual([
      200,
      '{"predictions":[{"a":[1.0],"b":[9007199254740993]},{"a":[],"b":[-9223372036854775808]}]}',
    ]);
  });

  it('may name the only input, too', async () => {
    expect(await predict(texts, { instances: [{ text: 'a' }] })).toEqual([200, '{"predictions":[["a"]]}']);
  });

  it('take bytes as base64 and texts as UTF-8, and bytes that are no text go back as base64', async () => {
    const instances = ['ä', { b64: 'w6Q=' }, [{ b64: '/w==' }]];
    expect(await predict(texts, { instances })).toEqual([
      200,
      '{"predictions":[["ä"],["ä"],[{"b64":"/w=="}]]}',
    ]);
  });

  it('keep the byte order mark of a text', async () => {
    expect(await predict(texts, '{"instances":["\u{feff}a"]}')).toEqual([
      200,
      '{"predictions":[["\u{feff}a"]]}',
    ]);
  });

  it('always give base64 under a name that ends in _bytes', async () => {
    const routes = await routesOf({ image_bytes: text });
    expect(await predict(routes, { instances: ['ä'] })).toEqual([200, '{"predictions":[[{"b64":"w6Q="}]]}']);
  });

  it('take and give bare NaN and Infinity', async () => {
    expect(await predict(points, '{"instances":[[[NaN,Infinity],[-Infinity,1]]]}')).toEqual([
      200,
      '{"predictions":[[[NaN,Infinity],[-Infinity,1.0]]]}',
    ]);
  });

  it('have nothing where a branch was skipped', async () => {
    const pipeline = await madePipeline({
      inputs: `{ text: ${text} }`,
      stages: `  a: { operator: ./operators.mjs#echo, inputs: { in: inputs.text }, when: 'inputs.text == "a"' }
  b: { operator: ./operators.mjs#echo, inputs: { in: inputs.text } }`,
      outputs: '{ a: a.out, b: b.out }',
    });
    const routes = tensorflowServingRoutes(await repositoryOf(serviceOf(pipeline)), limits);
    expect(await predict(routes, { instances: ['a', 'b'] })).toEqual([
      200,
      '{"predictions":[{"a":["a"],"b":["a"]},{"b":["b"]}]}',
    ]);
  });

  it('fail together, with the code and the first line of what failed', async () => {
    const pipeline = await madePipeline({
      inputs: `{ text: ${text} }`,
      stages: '  a: { operator: ./operators.mjs#fragile, inputs: { in: inputs.text } }',
      outputs: '{ a: a.out }',
    });
    const routes = tensorflowServingRoutes(await repositoryOf(serviceOf(pipeline)), limits);
    expect(await predict(routes, { instances: ['a', 'poison'] })).toEqual([
      500,
      '{"error":"stage-failed: stage \\"a\\": can not swallow poison"}',
    ]);
  });
});

describe('columns', () => {
  it('of the query’s own shape are one query', async () => {
    expect(await predict(points, { inputs: [[1], [2]] })).toEqual([200, '{"outputs":[[1.0],[2.0]]}']);
    expect(await predict(texts, { inputs: 'a' })).toEqual([200, '{"outputs":["a"]}']);
    expect(await predict(texts, { inputs: { b64: 'w6Q=' } })).toEqual([200, '{"outputs":["ä"]}']);
  });

  it('with one axis more are stacked queries', async () => {
    expect(await predict(texts, { inputs: { text: [['a'], ['b']] } })).toEqual([
      200,
      '{"outputs":[["a"],["b"]]}',
    ]);
    expect(
      await predict(two, {
        inputs: {
          a: [
            [1, 2],
            [3, 4],
          ],
          b: [[5], [6]],
        },
      }),
    ).toEqual([200, '{"outputs":{"a":[[1.0,2.0],[3.0,4.0]],"b":[[5],[6]]}}']);
  });
});

describe('a prediction that is asked wrongly', () => {
  it.each([
    ['', "400 invalid-input: the body can't be read as JSON"],
    ['{"instances": [}', "400 invalid-input: the body can't be read as JSON"],
    ['[1]', '400 invalid-input: the body is no JSON object'],
    ['{}', '400 invalid-input: there is neither "instances" nor "inputs"'],
    [
      '{"instances": [1], "inputs": 1}',
      '400 invalid-input: there are both "instances" and "inputs"; give one',
    ],
    ['{"instances": {"a": 1}}', '400 invalid-input: "instances" is no list'],
    ['{"instances": []}', '400 invalid-input: "instances" is empty'],
    ['{"instances": [1,1,1,1,1]}', '413 too-large: "instances" holds 5 queries; at most 4 are taken'],
    [
      '{"instances": [[1,2],[3]]}',
      '400 invalid-input: input "x" is of shape [2]; the pipeline takes [2, -1]',
    ],
    ['{"instances": [[[1],[2,3]]]}', '400 invalid-input: instances[0]: its lists are of different lengths'],
    ['{"instances": [[["1"],["2"]]]}', '400 invalid-input: instances[0]: holds "1", no FP32'],
    ['{"instances": [[[true],[2]]]}', '400 invalid-input: instances[0]: holds true, no FP32'],
    ['{"instances": [[[null],[2]]]}', '400 invalid-input: instances[0]: holds null, no FP32'],
    ['{"instances": [[[1e39],[2]]]}', '400 invalid-input: instances[0]: 1e+39 is no FP32: it is too large'],
    ['{"instances": [{"x": [[1],[2]]}, [[1],[2]]]}', '400 invalid-input: instances[1] is no object'],
    ['{"instances": [[[1],[2]], {"x": [[1],[2]]}]}', '400 invalid-input: instances[1] is an object'],
    [
      '{"instances": [{"y": 1}]}',
      '400 invalid-input: instances[0]: the pipeline has no input "y"; did you mean "x"?',
    ],
    ['{"instances": [{}]}', '400 invalid-input: instances[0]: input "x" is missing'],
    ['{"inputs": {}}', '400 invalid-input: inputs: input "x" is missing'],
    ['{"inputs": [[[1],[2]],[[1],[2]],[[1],[2]],[[1],[2]],[[1],[2]]]}', '413 too-large: the request holds 5'],
    ['{"signature_name": "other", "instances": [1]}', '400 invalid-input: there is no signature "other"'],
    ['{"signature_name": 1, "instances": [1]}', '400 invalid-input: "signature_name" is no text'],
    [`{"instances": ${'['.repeat(100_000)}${']'.repeat(100_000)}}`, '400 invalid-input: '],
    [`{"instances": ${'['.repeat(100_000)}NaN${']'.repeat(100_000)}}`, '400 invalid-input: '],
  ])('says what is wrong: %s', async (body, reason) => {
    expect(reasonOf(await predict(points, body))).toContain(reason);
  });

  it.each([
    ['[1]', 'instances[0]: holds 1, which is no text and no {"b64": "…"}'],
    ['[{"b64": 1}]', 'instances[0]: the pipeline has no input "b64"; there are text'],
    ['[[{"b64": "a", "x": 1}]]', 'instances[0]: holds {"b64":"a","x":1}, which is no text'],
    ['[{"b64": "&"}]', 'instances[0]: is no base64'],
  ])('of texts says what is wrong: %s', async (instances, reason) => {
    expect(reasonOf(await predict(texts, `{"instances": ${instances}}`))).toContain(
      `400 invalid-input: ${reason}`,
    );
  });

  it.each([
    ['[{"a": [1], "b": 9223372036854775808}]', 'instances[0].b: 9223372036854775808 is no INT64: it takes'],
    ['[{"a": [1], "b": 1.5}]', 'instances[0].b: 1.5 is no INT64'],
    ['[{"a": [1], "b": NaN}]', 'instances[0].b: NaN is no INT64'],
    ['[[1]]', '"instances" has no names, but the pipeline takes a, b; give an object of them'],
  ])('of several inputs says what is wrong: %s', async (instances, reason) => {
    expect(reasonOf(await predict(two, `{"instances": ${instances}}`))).toContain(
      `400 invalid-input: ${reason}`,
    );
    expect(reasonOf(await predict(two, '{"inputs": [1]}'))).toContain('"inputs" has no names');
  });

  it('is refused for its content type, but not for the one that curl -d sends', async () => {
    const body = { instances: ['a'] };
    for (const type of ['application/x-www-form-urlencoded', 'application/json; charset=utf-8', 'a/b+json'])
      expect(await predict(texts, body, { headers: { 'content-type': type } })).toMatchObject({ 0: 200 });
    expect(reasonOf(await predict(texts, body, { headers: { 'content-type': 'image/png' } }))).toBe(
      '415 unsupported-type: content type "image/png" is not taken here; send application/json',
    );
  });

  it('is refused if it is no UTF-8', async () => {
    expect(reasonOf(await predict(texts, Uint8Array.of(0x22, 0xff, 0x22)))).toContain('400 invalid-input');
  });

  it.each([
    ['/v1/models/mode:predict', '404 not-found: no pipeline is named "mode"; did you mean "made"?'],
    ['/v1/models/made/versions/7:predict', '404 not-found: pipeline "made" has no version "7"; there is 1'],
    ['/v1/models/made/labels/stable:predict', '404 not-found: pipeline "made" has no version "stable"'],
  ])('of what is not there: %s', async (path, reason) => {
    expect(reasonOf(await predict(texts, { instances: ['a'] }, { path }))).toContain(reason);
  });

  it('is cancelled with the client', async () => {
    const body = '{"instances": ["a"]}';
    const reply = await call(texts, 'POST', '/v1/models/made:predict', { body, signal: AbortSignal.abort() });
    expect(reply.status).toBe(499);
  });
});

describe('classifying and regressing', async () => {
  const scored = await routesOf({
    labels: '{ datatype: BYTES, shape: [-1] }',
    scores: '{ datatype: FP32, shape: [-1] }',
    value: '{ datatype: FP64, shape: [1] }',
  });
  const judge = (routes: readonly Route[], method: string, body: unknown) =>
    predict(routes, body, { path: `/v1/models/made:${method}` });

  it('pairs labels with scores, from examples and what they have in common', async () => {
    const body = {
      context: { value: 1 },
      examples: [
        { labels: ['a', { b64: '/w==' }], scores: [0.5, 1] },
        { labels: [], scores: [] },
      ],
    };
    expect(await judge(scored, 'classify', body)).toEqual([
      200,
      '{"results":[[["a",0.5],[{"b64":"/w=="},1.0]],[]]}',
    ]);
  });

  it('gives the output of one number', async () => {
    const examples = [
      { labels: [], scores: [], value: [1.5] },
      { labels: [], scores: [], value: 2 },
    ];
    expect(await judge(scored, 'regress', { examples })).toEqual([200, '{"results":[1.5,2.0]}']);
  });

  it('takes flat lists for features of any fixed shape', async () => {
    const routes = await routesOf({ x: '{ datatype: FP32, shape: [1, 1] }' });
    expect(await judge(routes, 'regress', { examples: [{ x: [3] }] })).toEqual([200, '{"results":[3.0]}']);
  });

  it.each([
    ['{}', '"examples" is missing'],
    ['{"examples": []}', '"examples" is empty'],
    ['{"examples": [1]}', 'examples[0] is no object'],
    ['{"examples": [{"value": 1}]}', 'examples[0]: input "labels" is missing'],
    ['{"context": [], "examples": [{}]}', '"context" is no object'],
    ['{"context": {"value": 1}, "examples": [{"value": 1}]}', 'examples[0]: "value" is in "context", too'],
    ['{"signature_name": "x", "examples": [{}]}', 'there is no signature "x"'],
  ])('says what is wrong: %s', async (body, reason) => {
    for (const method of ['classify', 'regress'])
      expect(reasonOf(await judge(scored, method, body))).toContain(`400 invalid-input: ${reason}`);
  });

  it('is refused by pipelines whose outputs don’t fit', async () => {
    const body = { examples: [{ text: 'a' }] };
    expect(reasonOf(await judge(texts, 'classify', body))).toBe(
      '400 invalid-input: pipeline "made" can\'t answer :classify: it has no one output of labels with one of scores; use :predict',
    );
    expect(reasonOf(await judge(texts, 'regress', body))).toBe(
      '400 invalid-input: pipeline "made" can\'t answer :regress: it has no output of one number; use :predict',
    );
  });

  it('fails where labels and scores are not as many', async () => {
    const body = { examples: [{ labels: ['a'], scores: [], value: 1 }] };
    expect(reasonOf(await judge(scored, 'classify', body))).toBe(
      '500 stage-failed: output "labels" has 1 elements, and output "scores" 0',
    );
  });
});

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

describe('values', () => {
  it('come back as they were written, whatever they are', () => {
    fc.assert(
      fc.property(anyTensor(), (tensor: Tensor) => {
        const type = { datatype: tensor.datatype, shape: tensor.shape.map(() => -1) };
        for (const name of ['x', 'x_bytes']) {
          const written = writeValue(name, tensor);
          expect(readTensor(parseLenientJson(written), type, { field: 'x' })).toEqual(tensor);
        }
      }),
    );
  });

  it.each([
    [1, '1.0'],
    [-0, '-0.0'],
    [0.25, '0.25'],
    [1e21, '1e+21'],
    [NaN, 'NaN'],
    [-Infinity, '-Infinity'],
  ])('that are fractions show it: %s', (value, text) => {
    expect(writeDecimal(value)).toBe(text);
  });
});

describe('a body of any JSON', () => {
  const bodies = fc.oneof(
    fc.json(),
    fc
      .record({ instances: fc.jsonValue(), inputs: fc.jsonValue() }, { requiredKeys: [] })
      .map(body => JSON.stringify(body)),
    fc
      .record({ examples: fc.array(fc.jsonValue()), context: fc.jsonValue() }, { requiredKeys: [] })
      .map(body => JSON.stringify(body)),
  );

  it('is answered or refused for a reason that is known', async () => {
    await fc.assert(
      fc.asyncProperty(bodies, fc.constantFrom('predict', 'classify', 'regress'), async (body, method) => {
        for (const routes of [points, texts, two]) {
          const [status] = await predict(routes, body, { path: `/v1/models/made:${method}` });
          expect([200, 400, 413, 500]).toContain(status);
        }
      }),
      { numRuns: 300 },
    );
  });
});
