import { describe, expect, it } from 'vitest';
import { torchServeRoutes } from '../../../../engine/server/torchserve/routes.ts';
import { call, madePipeline, repositoryOf, serviceOf, textOfReply } from '../../../support/served.ts';
import { form, multipart, png, predict, routesOf, text } from './support.ts';

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
