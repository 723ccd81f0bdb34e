import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Route } from '../../../engine/server/router.ts';
import { readForm } from '../../../engine/server/torchserve/form.ts';
import { torchServeRoutes } from '../../../engine/server/torchserve/routes.ts';
import { errorTable, MillraceError } from '../../../operators/index.ts';
import { call, madePipeline, mirror, repositoryOf, serviceOf, textOfReply } from '../../support/served.ts';

const text = '{ datatype: BYTES, shape: [1] }';
const png = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0xff, 0);

async function routesOf(inputs: Readonly<Record<string, string>>): Promise<Route[]> {
  return torchServeRoutes(await repositoryOf(serviceOf(await mirror(inputs))));
}

async function predict(
  routes: readonly Route[],
  body: string | Uint8Array,
  type = '',
  { method = 'POST', path = '/predictions/made' } = {},
): Promise<[number, unknown]> {
  const reply = await call(routes, method, path, { body, headers: { 'content-type': type } });
  return [reply.status, JSON.parse(textOfReply(reply))];
}

const boundary = 'X-BOUNDARY';
const multipart = `multipart/form-data; boundary=${boundary}`;

/** A multipart form. @param fields name, content, and the file's name where it is a file */
function form(...fields: [string, string | Uint8Array, string?][]): Uint8Array {
  const parts = fields.flatMap(([name, content, file]) => [
    `--${boundary}\r\ncontent-disposition: form-data; name="${name}"${file ? `; filename="${file}"` : ''}\r\n\r\n`,
    content,
    '\r\n',
  ]);
  return Buffer.concat([...parts, `--${boundary}--\r\n`].map(part => Buffer.from(part)));
}

const texts = await routesOf({ text });
const numbers = await routesOf({ x: '{ datatype: FP32, shape: [2, 2] }' });
const two = await routesOf({ image: text, sizes: '{ datatype: INT64, shape: [-1] }' });

describe('a prediction', () => {
  it('takes a body as it is for the only input, posted or put', async () => {
    for (const type of ['', 'text/plain', 'image/png'])
      expect(await predict(texts, 'ä', type)).toEqual([200, 'ä']);
    expect(await predict(texts, png, 'image/png', { method: 'PUT' })).toEqual([200, { b64: 'iVBOR/8A' }]);
    expect(await predict(texts, '', '', { path: '/predictions/made/1' })).toEqual([200, '']);
  });

  it('takes a multipart form, fields and files alike', async () => {
    const sent = form(['image', png, 'a.png'], ['sizes', '[9007199254740993, 2]']);
    const reply = await call(two, 'POST', '/predictions/made', {
      body: sent,
      headers: { 'content-type': multipart },
    });
    expect(textOfReply(reply)).toBe('{"image":{"b64":"iVBOR/8A"},"sizes":[9007199254740993,2]}');
    expect(await predict(two, form(['image', png], ['sizes', '[1]', 's.json']), multipart)).toEqual([
      200,
      { image: { b64: 'iVBOR/8A' }, sizes: 1 },
    ]);
  });

  it('takes TorchServe’s own names for the only input', async () => {
    for (const name of ['data', 'body', 'text']) {
      expect(await predict(texts, form([name, png, 'a.png']), multipart)).toEqual([200, { b64: 'iVBOR/8A' }]);
      expect(await predict(texts, `${name}=a%20b+c`, 'application/x-www-form-urlencoded')).toEqual([
        200,
        'a b c',
      ]);
      expect(await predict(texts, JSON.stringify({ [name]: 'a' }), 'application/json')).toEqual([200, 'a']);
    }
  });

  it('takes a large file whole', async () => {
    const large = Buffer.alloc(3_000_000, 'abc\r\n--X-BOUNDAR');
    expect(await predict(texts, form(['data', large, 'large']), multipart)).toEqual([200, large.toString()]);
  });

  it('takes JSON: an object of inputs, or the only one’s value', async () => {
    const json = 'application/json; charset=utf-8';
    expect(await predict(numbers, '[[1, 2], [3, 4]]', json)).toEqual([
      200,
      [
        [1, 2],
        [3, 4],
      ],
    ]);
    expect(await predict(numbers, '[1, 2, 3, 4]', 'text/plain')).toEqual([
      200,
      [
        [1, 2],
        [3, 4],
      ],
    ]);
    expect(await predict(texts, '"a"', json)).toEqual([200, 'a']);
    expect(await predict(two, '{"image": {"b64": "iVBOR/8A"}, "sizes": []}', json)).toEqual([
      200,
      { image: { b64: 'iVBOR/8A' }, sizes: [] },
    ]);
  });

  it('gives JSON content as what it says, and null for an output that was skipped', async () => {
    const pipeline = await madePipeline({
      inputs: `{ text: ${text} }`,
      stages: `  a: { operator: json/assemble, when: 'inputs.text == "a"', inputs: { word: inputs.text } }`,
      outputs: '{ out: a.json }',
    });
    const routes = torchServeRoutes(await repositoryOf(serviceOf(pipeline)));
    expect(await predict(routes, 'a')).toEqual([200, { word: 'a' }]);
    expect(await predict(routes, 'b')).toEqual([200, null]);
  });

  it('fails with TorchServe’s words, and no stack', async () => {
    const pipeline = await madePipeline({
      inputs: `{ text: ${text} }`,
      stages: '  a: { operator: ./operators.mjs#fragile, inputs: { in: inputs.text } }',
      outputs: '{ out: a.out }',
    });
    const service = serviceOf(pipeline);
    const routes = torchServeRoutes(await repositoryOf(service));
    expect(await predict(routes, 'poison')).toEqual([
      500,
      {
        code: 500,
        type: 'InternalServerException',
        message: 'stage-failed: stage "a": can not swallow poison',
      },
    ]);
    await service.unload();
    expect(await predict(routes, 'a')).toMatchObject({ 0: 503, 1: { type: 'ServiceUnavailableException' } });
  });
});

describe('a prediction that is asked wrongly', () => {
  const urlencoded = 'application/x-www-form-urlencoded';
  const json = 'application/json';
  const cases: [string, readonly Route[], string | Uint8Array, string, string][] = [
    [
      'a raw body for two inputs',
      two,
      'a',
      '',
      '400 invalid-input: the pipeline takes image, sizes; send a form',
    ],
    [
      'a list for two inputs',
      two,
      '[1]',
      json,
      '400 invalid-input: the pipeline takes image, sizes; send a form',
    ],
    [
      'an unknown member',
      numbers,
      '{"y": 1}',
      json,
      '400 invalid-input: the pipeline has no input "y"; it takes x',
    ],
    ['a missing member', two, '{"image": "a"}', json, '400 invalid-input: input "sizes" is missing'],
    [
      'an input under two names',
      texts,
      '{"data": "a", "body": "b"}',
      json,
      '400 invalid-input: input "text" is given twice',
    ],
    ['no JSON', numbers, '{', json, "400 invalid-input: the body can't be read as JSON"],
    ['no UTF-8', numbers, png, json, '400 invalid-input: the JSON is not in UTF-8'],
    ['no JSON in a raw body', numbers, 'a', '', "400 invalid-input: the body can't be read as JSON"],
    ['another datatype', numbers, '["a"]', json, '400 invalid-input: input "x": "a" is no FP32'],
    ['another shape', numbers, '[1, 2]', json, '400 invalid-input: input "x" is of shape [2]'],
    ['deep nesting', numbers, '['.repeat(50_000), json, '400 invalid-input: the body'],
    ['a picture for numbers', numbers, png, 'image/png', '415 unsupported-type: content type "image/png"'],
    [
      'an unknown field',
      texts,
      form(['x', 'a']),
      multipart,
      '400 invalid-input: the pipeline has no input "x"; it takes text',
    ],
    [
      'a field twice',
      two,
      form(['image', 'a'], ['image', 'b']),
      multipart,
      '400 invalid-input: the form has the field "image" twice',
    ],
    [
      'too many fields',
      texts,
      form(['text', 'a'], ['b', 'b']),
      multipart,
      '400 invalid-input: the form has more fields than the 1',
    ],
    [
      'too many pairs',
      texts,
      'text=a&b=b',
      urlencoded,
      '400 invalid-input: the form has more fields than the 1',
    ],
    ['a picture as curl -d sends it', texts, png, urlencoded, '400 invalid-input: the pipeline has no input'],
    [
      'no boundary',
      texts,
      form(['text', 'a']),
      'multipart/form-data',
      "400 invalid-input: the form can't be read",
    ],
    [
      'a form that ends early',
      texts,
      form(['text', 'a']).subarray(0, -20),
      multipart,
      "400 invalid-input: the form can't be read",
    ],
    ['a body that is no form', texts, 'a', multipart, "400 invalid-input: the form can't be read"],
    ['an empty form', texts, '', multipart, '400 invalid-input: '],
    [
      'a part without a name',
      texts,
      Buffer.from(form(['text', 'a']))
        .toString()
        .replace('; name="text"', ''),
      multipart,
      '400 invalid-input: the pipeline has no input ""',
    ],
    [
      'a bad field',
      two,
      form(['image', 'a'], ['sizes', '[1.5]']),
      multipart,
      '400 invalid-input: input "sizes": 1.5 is no INT64',
    ],
  ];

  it.each(cases)('is refused: %s', async (_, routes, body, type, reason) => {
    const [status, error] = await predict(routes, body, type);
    const { code, message } = error as { code: number; type: string; message: string };
    expect(code).toBe(status);
    expect(`${status} ${message}`).toContain(reason);
  });

  it('says which pipelines and versions there are', async () => {
    expect(await predict(texts, 'a', '', { path: '/predictions/mad' })).toEqual([
      404,
      {
        code: 404,
        type: 'ModelNotFoundException',
        message: 'not-found: no pipeline is named "mad"; did you mean "made"?',
      },
    ]);
    expect(await predict(texts, 'a', '', { path: '/predictions/made/2' })).toMatchObject({ 0: 404 });
  });
});

describe('a body of anything', () => {
  const types = fc.constantFrom(
    '',
    'application/json',
    'text/plain',
    multipart,
    'application/x-www-form-urlencoded',
  );
  const bodies = fc.oneof(
    fc.uint8Array({ maxLength: 50 }),
    fc.json(),
    fc
      .dictionary(fc.constantFrom('image', 'sizes', 'x', 'text'), fc.jsonValue())
      .map(value => JSON.stringify(value)),
  );

  it('is answered or refused for a reason that is known', async () => {
    await fc.assert(
      fc.asyncProperty(bodies, types, async (body, type) => {
        for (const routes of [texts, numbers, two]) {
          const [status] = await predict(routes, body, type);
          expect([200, 400]).toContain(status);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('a form', () => {
  it('that is damaged in any way is read or refused, and never hangs', async () => {
    const whole = form(['image', png, 'a.png'], ['sizes', '[1]']);
    const place = fc.nat(whole.length - 1);
    await fc.assert(
      fc.asyncProperty(place, place, fc.uint8Array({ maxLength: 4 }), async (from, to, put) => {
        const damaged = Buffer.concat([whole.subarray(0, from), put, whole.subarray(Math.max(from, to))]);
        const outcome = await readForm(multipart, damaged, 2).catch((error: unknown) => error);
        if (!(outcome instanceof Map)) expect(outcome).toBeInstanceOf(MillraceError);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('what is told', () => {
  const get = async (routes: readonly Route[], path: string) => {
    const reply = await call(routes, 'GET', path);
    return [reply.status, JSON.parse(textOfReply(reply))] as const;
  };

  it('is whether all pipelines are ready', async () => {
    const service = serviceOf(await mirror({ text }));
    const routes = torchServeRoutes(await repositoryOf(service));
    expect(await get(routes, '/ping')).toEqual([200, { status: 'Healthy' }]);
    await service.unload();
    expect(await get(routes, '/ping')).toEqual([500, { status: 'Unhealthy' }]);
  });

  it('is which models there are, page by page', async () => {
    const services = await Promise.all(
      ['a', 'b', 'c'].map(async name => serviceOf(await mirror({ text }, name))),
    );
    const routes = torchServeRoutes(await repositoryOf(...services));
    const [a, b, c] = [{ modelName: 'a' }, { modelName: 'b' }, { modelName: 'c' }];
    expect(await get(routes, '/models')).toEqual([200, { models: [a, b, c] }]);
    expect(await get(routes, '/models?limit=2')).toEqual([200, { nextPageToken: '2', models: [a, b] }]);
    expect(await get(routes, '/models?limit=2&next_page_token=2')).toEqual([200, { models: [c] }]);
    for (const query of ['limit=0', 'limit=x', 'next_page_token=-1'])
      expect(await get(routes, `/models?${query}`)).toMatchObject({ 0: 400 });
  });

  it('is how a model runs', async () => {
    const pipeline = await mirror({ text });
    const idle = serviceOf(pipeline, { version: '2' });
    const repository = await repositoryOf(serviceOf(pipeline));
    repository.add(idle);
    const routes = torchServeRoutes(repository);
    const first = {
      modelName: 'made',
      modelVersion: '1',
      workers: expect.arrayContaining([
        { id: expect.stringMatching(/^s_text\/cpu.*\/0$/) as unknown, status: 'READY' },
      ]) as unknown,
      jobQueueStatus: { pendingRequests: 0, remainingCapacity: expect.any(Number) as unknown },
    };
    const second = { modelVersion: '2', minWorkers: 0, workers: [] };
    expect(await get(routes, '/models/made/1')).toMatchObject([200, [first]]);
    expect(await get(routes, '/models/made')).toMatchObject([200, [second]]);
    expect(await get(routes, '/models/made/all')).toMatchObject([200, [first, second]]);
    expect(await get(routes, '/models/made/3')).toMatchObject([404, { code: 404 }]);
  });

  it('needs a key that may manage, but for the health', async () => {
    const access = texts.map(({ path, access }) => [path.split('/')[1], access]);
    expect(new Map(access as [string, string][])).toEqual(
      new Map([
        ['ping', 'public'],
        ['predictions', 'open'],
        ['models', 'manage'],
      ]),
    );
  });

  it('has a word of TorchServe’s for every error', async () => {
    const [route] = texts;
    for (const code of Object.keys(errorTable) as (keyof typeof errorTable)[]) {
      const reply = route!.refuse(new MillraceError(code, 'why\nmore'));
      expect(JSON.parse(textOfReply(reply))).toEqual({
        code: errorTable[code].http,
        type: expect.stringMatching(/Exception$/) as unknown,
        message: `${code}: why`,
      });
    }
  });
});
