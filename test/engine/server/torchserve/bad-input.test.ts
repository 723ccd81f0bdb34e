import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Route } from '../../../../engine/server/router.ts';
import { readForm } from '../../../../engine/server/torchserve/form.ts';
import { MillraceError } from '../../../../operators/index.ts';
import { form, multipart, png, predict, routesOf, text } from './support.ts';

const texts = await routesOf({ text });
const numbers = await routesOf({ x: '{ datatype: FP32, shape: [2, 2] }' });
const two = await routesOf({ image: text, sizes: '{ datatype: INT64, shape: [-1] }' });

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
