import { describe, expect, it } from 'vitest';
import { tensorflowServingRoutes } from '../../../../engine/server/tensorflow-serving/routes.ts';
import { call, madePipeline, repositoryOf, serviceOf } from '../../../support/served.ts';
import { limits, predict, reasonOf, routesOf, text } from './support.ts';

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
