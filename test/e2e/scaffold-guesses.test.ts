import { describe, expect, test } from 'vitest';
import { modelUse } from '../../engine/cli/scaffold/model-use.ts';
import type { Dimension, ModelPort } from '../../operators/index.ts';

describe('what is guessed of a model', () => {
  const port = (name: string, ...shape: Dimension[]): ModelPort => ({ name, datatype: 'FP32', shape });
  const [x, y] = [port('x', 'batch', 8), port('y', -1, 2)];

  test.each<[string, ModelPort[], ModelPort[], object]>([
    [
      'a state by its name',
      [port('input', -1, -1), port('state', 2, -1, 8)],
      [y, port('stateN', -1, -1, -1)],
      { state: { state: 'stateN' }, axes: { state: 1, stateN: 1 } },
    ],
    [
      'a state of one layer',
      [x, port('h0', 1, 'batch', 8)],
      [y, port('hn', 1, 'batch', 8)],
      { state: { h0: 'hn' }, axes: { h0: 1, hn: 1 } },
    ],
    [
      'a cache of keys',
      [x, port('past_key_values.0.key', 'batch', 4, 'past', 8)],
      [y, port('present.0.key', 'batch', 4, -1, 8)],
      { state: { 'past_key_values.0.key': 'present.0.key' }, axes: {} },
    ],
    [
      'a state of a fixed batch of one',
      [port('x', 1, 8), port('cache_in', 3, 1, 8)],
      [port('y', 1, 2), port('cache_out', 3, 1, 8)],
      { state: { cache_in: 'cache_out' }, axes: { cache_in: 1, cache_out: 1 } },
    ],
    [
      'no state in pictures',
      [x, port('image', -1, 3, 8, 8)],
      [port('output_image', -1, 3, 8, 8)],
      { state: {} },
    ],
    ['no state if nothing else is asked', [port('state', -1, 8)], [port('new_state', -1, 8)], { state: {} }],
    [
      'constants',
      [x, port('threshold'), port('scales', 2)],
      [y],
      { constants: { threshold: 0.5, scales: [1, 1] } },
    ],
    [
      'names that references can spell',
      [port('input.1', 1, 8)],
      [port('447', 1), port('a:0', 1), port('a/0', 1), port('toString', 1)],
      {
        inputs: [{ name: 'input_1' }],
        outputs: [{ name: 'output_447' }, { name: 'a_0' }, { name: 'a_0_2' }, { name: 'output_toString' }],
      },
    ],
  ])('%s', (_, inputs, outputs, use) => {
    expect(modelUse({ inputs, outputs })).toMatchObject(use);
  });

  test.each<[string, ModelPort[], ModelPort[], RegExp]>([
    [
      'a fixed batch',
      [port('x', 8, 3, -1, -1)],
      [y],
      /"x" is of shape \[8, 3, \?, \?\]: it takes 8 at once; export it/,
    ],
    ['an input of no axes alone', [port('x')], [y], /"x" is of shape \[\]: it has no axes/],
    [
      'an output of no batch',
      [port('x', 1, 8)],
      [port('boxes', 100, 4)],
      /"boxes" is of shape \[100, 4\]: no axis of it/,
    ],
    ['no inputs', [], [y], /no inputs/],
  ])('refuses %s', (_, inputs, outputs, message) => {
    expect(() => modelUse({ inputs, outputs })).toThrow(message);
  });
});
