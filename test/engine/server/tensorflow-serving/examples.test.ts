import { describe, expect, it } from 'vitest';
import type { Route } from '../../../../engine/server/router.ts';
import { predict, reasonOf, routesOf, text } from './support.ts';

const texts = await routesOf({ text });

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
