/** The Open Inference Protocol over HTTP, without a port. */
import { describe, expect, it } from 'vitest';
import { openInferenceRoutes } from '../../../engine/server/open-inference/routes.ts';
import type { Repository } from '../../../engine/server/repository.ts';
import type { Route } from '../../../engine/server/router.ts';
import type { Service } from '../../../engine/server/service.ts';
import type { HttpReply } from '../../../engine/server/transport.ts';
import {
  call,
  madePipeline,
  mirror,
  repositoryOf,
  serviceOf,
  textOfReply,
  type MadeRequest,
} from '../../support/served.ts';

const text = '{ datatype: BYTES, shape: [1] }';
const json = { 'content-type': 'application/json' };
const options = { limits: { batch: 4 }, version: '1.2.3' };

function routesOf(repository: Repository): Route[] {
  return openInferenceRoutes(repository, { ...options, extensions: ['statistics'] });
}

async function served(...services: (Service | Promise<Service>)[]): Promise<Route[]> {
  return routesOf(await repositoryOf(...(await Promise.all(services))));
}

const mirrored = async (inputs: Readonly<Record<string, string>>, name?: string) =>
  serviceOf(await mirror(inputs, name));

async function get(routes: readonly Route[], path: string): Promise<[number, unknown]> {
  const reply = await call(routes, 'GET', path);
  return [reply.status, JSON.parse(textOfReply(reply))];
}

async function post(
  routes: readonly Route[],
  path: string,
  request: MadeRequest | object,
): Promise<[number, unknown]> {
  const made = 'body' in request ? request : { headers: json, body: JSON.stringify(request) };
  const reply = await call(routes, 'POST', path, made);
  return [reply.status, JSON.parse(textOfReply(reply))];
}

const infer = (routes: readonly Route[], request: MadeRequest | object, model = 'made') =>
  post(routes, `/v2/models/${model}/infer`, request);

/** JSON with bytes behind it. */
function binary(request: object, ...tensors: Uint8Array[]): MadeRequest {
  const head = Buffer.from(JSON.stringify(request));
  const headers = {
    'content-type': 'application/octet-stream',
    'inference-header-content-length': `${head.length}`,
  };
  return { headers, body: Buffer.concat([head, ...tensors]) };
}

/** The JSON of a reply, and the bytes behind it. */
function parts({ headers = {}, body }: HttpReply): [unknown, number[]] {
  const bytes = body as Uint8Array;
  const length = Number(headers['inference-header-content-length']);
  expect(headers['content-type']).toBe('application/octet-stream');
  return [JSON.parse(Buffer.from(bytes.subarray(0, length)).toString()), [...bytes.subarray(length)]];
}

const fp32 = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer);

const texts = await served(mirrored({ text }));
const matrix = await served(mirrored({ x: '{ datatype: FP32, shape: [2, 2] }' }));
const pair = await served(mirrored({ a: text, n: '{ datatype: INT64, shape: [-1] }' }));

describe('health and metadata', () => {
  it('tell of the server', async () => {
    expect(await get(texts, '/v2')).toEqual([
      200,
      {
        name: 'millrace',
        version: '1.2.3',
        extensions: ['binary_tensor_data', 'model_repository', 'sequence', 'statistics'],
      },
    ]);
    expect((await get(texts, '/v2/health/live'))[0]).toBe(200);
    expect((await get(texts, '/v2/health/ready'))[0]).toBe(200);
  });

  it('tell of a pipeline: a leading axis for queries, one more for lists, free sizes as -1', async () => {
    const pipeline = await madePipeline({
      inputs: `{ text: ${text}, x: { datatype: FP32, shape: [3, width, -1] } }`,
      stages: `  split: { operator: ./operators.mjs#split, inputs: { text: inputs.text } }
  same: { operator: ./operators.mjs#echo, inputs: { in: inputs.x } }`,
      outputs: '{ parts: split.parts, x: same.out }',
    });
    const routes = await served(serviceOf(pipeline, { version: '1' }), serviceOf(pipeline, { version: '2' }));
    const metadata = {
      name: 'made',
      versions: ['1', '2'],
      platform: 'millrace',
      inputs: [
        { name: 'text', datatype: 'BYTES', shape: [-1, 1] },
        { name: 'x', datatype: 'FP32', shape: [-1, 3, -1, -1] },
      ],
      outputs: [
        { name: 'parts', datatype: 'BYTES', shape: [-1, -1, 1] },
        { name: 'x', datatype: 'FP32', shape: [-1, 3, -1, -1] },
      ],
    };
    expect(await get(routes, '/v2/models/made')).toEqual([200, metadata]);
    expect(await get(routes, '/v2/models/made/versions/2')).toEqual([200, metadata]);
    expect((await get(routes, '/v2/models/made/versions/1/ready'))[0]).toBe(200);
  });

  it('are 404 for what is not served', async () => {
    for (const rest of ['', '/ready', '/versions/1', '/versions/1/ready'])
      expect(await get(texts, `/v2/models/mde${rest}`)).toEqual([
        404,
        { error: 'not-found: no pipeline is named "mde"; did you mean "made"?' },
      ]);
    expect(await get(texts, '/v2/models/made/versions/7')).toEqual([
      404,
      { error: 'not-found: pipeline "made" has no version "7"; there is 1' },
    ]);
    expect((await infer(texts, {}, 'other'))[0]).toBe(404);
    expect((await post(texts, '/v2/models/made/versions/7/infer', {}))[0]).toBe(404);
  });

  it('follow what is loaded and unloaded', async () => {
    const repository = await repositoryOf(await mirrored({ text }), await mirrored({ text }, 'other'));
    const routes = routesOf(repository);
    const index = (request: object) => post(routes, '/v2/repository/index', request);
    const ready = { name: 'made', version: '1', state: 'READY', reason: '' };
    const unloaded = { name: 'other', version: '1', state: 'UNAVAILABLE', reason: 'it was unloaded' };
    expect(await post(routes, '/v2/repository/models/other/unload', {})).toEqual([200, {}]);
    expect(await index({})).toEqual([200, [ready, unloaded]]);
    expect(await index({ body: '' })).toEqual([200, [ready, unloaded]]);
    expect(await index({ ready: true })).toEqual([200, [ready]]);
    expect((await get(routes, '/v2/health/ready'))[0]).toBe(503);
    expect((await get(routes, '/v2/health/live'))[0]).toBe(200);
    expect((await get(routes, '/v2/models/other/ready'))[0]).toBe(503);
    const query = { inputs: [{ name: 'text', datatype: 'BYTES', shape: [1], data: ['x'] }] };
    expect(await infer(routes, query, 'other')).toEqual([
      503,
      { error: 'unavailable: pipeline "other" is not ready: it was unloaded' },
    ]);
    expect(await post(routes, '/v2/repository/models/other/load', {})).toEqual([200, {}]);
    expect((await get(routes, '/v2/models/other/ready'))[0]).toBe(200);
    expect((await infer(routes, query, 'other'))[0]).toBe(200);
    expect((await post(routes, '/v2/repository/models/none/load', {}))[0]).toBe(404);
    expect(await index({ ready: 'yes' })).toEqual([400, { error: 'invalid-input: ready is no boolean' }]);
    expect((await index({ body: '[' }))[0]).toBe(400);
    expect((await index({ body: '3' }))[0]).toBe(400);
  });

  it('need a key that may manage where something is changed', () => {
    const managing = texts.filter(({ access }) => access === 'manage').map(({ path }) => path);
    expect(managing).toEqual(['/v2/repository/models/{model}/load', '/v2/repository/models/{model}/unload']);
    expect(texts.filter(({ access }) => access === 'public').map(({ path }) => path)).toEqual([
      '/v2/health/live',
      '/v2/health/ready',
    ]);
  });
});

describe('a request in JSON', () => {
  it('is one query, or as many as its leading axis says', async () => {
    const one = {
      id: '7',
      inputs: [
        {
          name: 'x',
          datatype: 'FP32',
          shape: [2, 2],
          data: [
            [1, 2],
            [3, 4.5],
          ],
        },
      ],
    };
    const named = { model_name: 'made', model_version: '1' };
    expect(await infer(matrix, one)).toEqual([
      200,
      { ...named, id: '7', outputs: [{ name: 'x', datatype: 'FP32', shape: [2, 2], data: [1, 2, 3, 4.5] }] },
    ]);
    const two = {
      inputs: [{ name: 'x', datatype: 'FP32', shape: [2, 2, 2], data: [1, 2, 3, 4, 5, 6, 7, 8] }],
    };
    expect(await infer(matrix, two)).toEqual([
      200,
      {
        ...named,
        outputs: [{ name: 'x', datatype: 'FP32', shape: [2, 2, 2], data: [1, 2, 3, 4, 5, 6, 7, 8] }],
      },
    ]);
    const many = { inputs: [{ name: 'x', datatype: 'FP32', shape: [5, 2, 2], data: Array(20).fill(0) }] };
    expect(await infer(matrix, many)).toEqual([
      413,
      { error: 'too-large: the request holds 5 queries; at most 4 are taken' },
    ]);
  });

  it('keeps all digits, takes any spelling of its type, and pins a version', async () => {
    const body = `{"inputs":[{"name":"a","datatype":"BYTES","shape":[1],"data":["ä"]},
      {"name":"n","datatype":"INT64","shape":[2],"data":[9007199254740993,-1]}]}`;
    for (const type of ['', 'application/json; charset=utf-8', 'Application/JSON', 'application/x+json']) {
      const reply = await call(pair, 'POST', '/v2/models/made/versions/1/infer', {
        headers: { 'content-type': type },
        body,
      });
      expect(textOfReply(reply)).toContain('"data":[9007199254740993,-1]');
      expect(textOfReply(reply)).toContain('"data":["ä"]');
    }
  });

  it('is given the outputs it asks for by name', async () => {
    const inputs = [
      { name: 'a', datatype: 'BYTES', shape: [1], data: ['x'] },
      { name: 'n', datatype: 'INT64', shape: [1], data: [1] },
    ];
    const [, answer] = await infer(pair, { inputs, outputs: [{ name: 'n' }] });
    expect(answer).toMatchObject({ outputs: [{ name: 'n', data: [1] }] });
    expect(await infer(pair, { inputs, outputs: [{ name: 'm' }] })).toEqual([
      400,
      { error: 'invalid-input: pipeline "made" has no output "m"; it has "a", "n"' },
    ]);
  });

  it('may limit its time', async () => {
    const inputs = [{ name: 'text', datatype: 'BYTES', shape: [1], data: ['x'] }];
    expect(await infer(texts, { inputs, parameters: { timeout: 0 } })).toEqual([
      504,
      { error: "deadline-exceeded: no answer within the query's time limit of 0 µs" },
    ]);
    expect((await infer(texts, { inputs, parameters: { timeout: 60_000_000 } }))[0]).toBe(200);
    expect(await infer(texts, { inputs, parameters: { timeout: 'long' } })).toEqual([
      400,
      { error: 'invalid-input: parameters.timeout is no number' },
    ]);
  });

  it.each([
    ['no JSON', '{"inputs": [', /the body can't be read as JSON/],
    ['no UTF-8', Uint8Array.of(0x22, 0xff, 0x22), /the JSON is not in UTF-8/],
    ['nothing', '', /the body can't be read as JSON/],
    ['no object', '[]', /the request is no object/],
    ['no inputs', '{}', /^invalid-input: inputs is missing/],
    ['none of the inputs', '{"inputs":[]}', /input "x" is missing/],
    ['lists within lists', '['.repeat(100_000), /can't be read as JSON/],
  ])('of %s is 400, and says what is wrong', async (_, body, message) => {
    const [status, answer] = await infer(matrix, { headers: json, body });
    expect([status, answer]).toEqual([400, { error: expect.stringMatching(message) }]);
  });

  it.each([
    [{ name: 'y' }, 'invalid-input: the pipeline has no input "y"; it takes "x"'],
    [{ datatype: 'FP99' }, 'invalid-input: inputs[0] ("x").datatype is no datatype: "FP99"'],
    [{ datatype: 'INT32' }, 'invalid-input: input "x" is INT32 [2, 2]; the pipeline takes FP32'],
    [{ shape: [4] }, 'invalid-input: input "x" is of shape [4]; the pipeline takes [2, 2]'],
    [{ data: [1, 2, 3] }, 'invalid-input: inputs[0] ("x").data has 3 elements; "shape" says [2, 2]'],
    [
      { shape: [2 ** 40, 2 ** 40] },
      `invalid-input: inputs[0] ("x").shape [${2 ** 40}, ${2 ** 40}] has more elements than can be counted`,
    ],
    [{ shape: [-1, 2] }, 'invalid-input: inputs[0] ("x").shape is no list of whole numbers from 0'],
    [{ data: undefined }, 'invalid-input: inputs[0] ("x").data is missing'],
  ])('with %j is 400, and names the field', async (wrong, error) => {
    const input = { name: 'x', datatype: 'FP32', shape: [2, 2], data: [1, 2, 3, 4], ...wrong };
    expect(await infer(matrix, { inputs: [input] })).toEqual([400, { error }]);
  });

  it('hears of a stage that fails: which, and the first line of why', async () => {
    const pipeline = await madePipeline({
      inputs: `{ text: ${text} }`,
      stages: '  weak: { operator: ./operators.mjs#fragile, inputs: { in: inputs.text } }',
      outputs: '{ out: weak.out }',
    });
    const routes = await served(serviceOf(pipeline));
    const query = { inputs: [{ name: 'text', datatype: 'BYTES', shape: [1], data: ['poison'] }] };
    expect(await infer(routes, query)).toEqual([
      500,
      { error: 'stage-failed: stage "weak": can not swallow poison' },
    ]);
    const batch = { inputs: [{ name: 'text', datatype: 'BYTES', shape: [2, 1], data: ['fine', 'poison'] }] };
    expect((await infer(routes, batch))[0]).toBe(500);
  });
});

describe('binary tensors', () => {
  it('come behind the JSON, and go so where the request asks for it', async () => {
    const request = {
      inputs: [{ name: 'x', datatype: 'FP32', shape: [2, 2], parameters: { binary_data_size: 16 } }],
      outputs: [{ name: 'x', parameters: { binary_data: true } }],
    };
    const bytes = fp32(1, 2, 3, NaN);
    const reply = await call(matrix, 'POST', '/v2/models/made/infer', binary(request, bytes));
    expect(parts(reply)).toEqual([
      {
        model_name: 'made',
        model_version: '1',
        outputs: [{ name: 'x', datatype: 'FP32', shape: [2, 2], parameters: { binary_data_size: 16 } }],
      },
      [...bytes],
    ]);
  });

  it('go for all outputs, or for all but some', async () => {
    const inputs = [
      { name: 'a', datatype: 'BYTES', shape: [1], data: ['xy'] },
      { name: 'n', datatype: 'INT64', shape: [1], data: [258] },
    ];
    const ask = (request: object) =>
      call(pair, 'POST', '/v2/models/made/infer', { headers: json, body: JSON.stringify(request) });
    const all = await ask({ inputs, parameters: { binary_data_output: true } });
    expect(parts(all)[1]).toEqual([2, 0, 0, 0, 0x78, 0x79, 2, 1, 0, 0, 0, 0, 0, 0]);
    const outputs = [{ name: 'n' }, { name: 'a', parameters: { binary_data: false } }];
    const [head, bytes] = parts(await ask({ inputs, outputs, parameters: { binary_data_output: true } }));
    expect(bytes).toEqual([2, 1, 0, 0, 0, 0, 0, 0]);
    expect(head).toMatchObject({ outputs: [{ name: 'n' }, { name: 'a', data: ['xy'] }] });
    const wrong = await ask({ inputs, parameters: { binary_data_output: 'yes' } });
    expect([wrong.status, textOfReply(wrong)]).toEqual([
      400,
      '{"error":"invalid-input: parameters.binary_data_output is no boolean"}',
    ]);
  });

  it.each([
    ['a length that is none', '1e3', 'inference-header-content-length is no number of bytes: "1e3"'],
    ['a length below 0', '-1', 'inference-header-content-length is no number of bytes: "-1"'],
    ['a length beyond the body', '99', 'inference-header-content-length is 99; the body has 2 bytes'],
  ])('with %s are 400', async (_, length, message) => {
    const headers = { 'inference-header-content-length': length };
    expect(await infer(matrix, { headers, body: '{}' })).toEqual([
      400,
      { error: `invalid-input: ${message}` },
    ]);
  });

  it.each([
    [{ binary_data_size: 15 }, 16, '("x"): its binary data has 15 bytes; FP32 of shape [2, 2] takes 16'],
    [{ binary_data_size: 17 }, 16, '("x").parameters.binary_data_size is 17, but only 16 bytes are left'],
    [{ binary_data_size: 16 }, 17, 'the body has 1 bytes that belong to no tensor'],
    [{ binary_data_size: -1 }, 16, '("x").parameters.binary_data_size is no number of bytes'],
  ])('of other sizes than said are 400: %j of %i bytes', async (parameters, size, message) => {
    const request = { inputs: [{ name: 'x', datatype: 'FP32', shape: [2, 2], parameters }] };
    const [status, answer] = await infer(matrix, binary(request, new Uint8Array(size)));
    expect([status, answer]).toEqual([400, { error: expect.stringContaining(message) }]);
  });
});

describe('a body that is the only input', () => {
  const raw = (routes: readonly Route[], type: string, body: string | Uint8Array) =>
    infer(routes, { headers: { 'content-type': type }, body });

  it('is taken by any content type but a form’s, and answered in JSON', async () => {
    for (const type of ['text/plain', 'image/png', 'application/octet-stream', 'application/xml'])
      expect(await raw(texts, type, 'ä')).toEqual([
        200,
        {
          model_name: 'made',
          model_version: '1',
          outputs: [{ name: 'text', datatype: 'BYTES', shape: [1], data: ['ä'] }],
        },
      ]);
    for (const type of ['multipart/form-data; boundary=x', 'application/x-www-form-urlencoded'])
      expect((await raw(texts, type, 'a=b'))[0]).toBe(415);
  });

  it('may be numbers of a fixed shape', async () => {
    const [status, answer] = await raw(matrix, 'application/octet-stream', fp32(1, 2, 3, 4));
    expect([status, answer]).toMatchObject([200, { outputs: [{ data: [1, 2, 3, 4] }] }]);
    expect(await raw(matrix, 'application/octet-stream', fp32(1, 2, 3))).toEqual([
      400,
      { error: 'invalid-input: the body has 12 bytes; FP32 of shape [2, 2] takes 16' },
    ]);
  });

  it('is refused where bytes alone are no value of all inputs', async () => {
    expect(await raw(matrix, 'application/xml', '<x/>')).toEqual([
      415,
      {
        error:
          'unsupported-type: content type "application/xml" is not taken here; send application/json: pipeline "made" takes "x" (FP32)',
      },
    ]);
    expect((await raw(pair, 'text/plain', 'x'))[0]).toBe(415);
    const free = await served(mirrored({ x: '{ datatype: FP32, shape: [-1] }' }));
    expect((await raw(free, 'application/octet-stream', fp32(1)))[0]).toBe(415);
    const several = await served(mirrored({ x: '{ datatype: BYTES, shape: [2] }' }));
    expect((await raw(several, 'text/plain', 'x'))[0]).toBe(415);
  });

  it('is answered in bytes where the header says that it has no JSON', async () => {
    const reply = await call(matrix, 'POST', '/v2/models/made/infer', {
      headers: { 'inference-header-content-length': '0' },
      body: fp32(1, 2, 3, 4),
    });
    expect(parts(reply)[1]).toEqual([...fp32(1, 2, 3, 4)]);
  });
});
