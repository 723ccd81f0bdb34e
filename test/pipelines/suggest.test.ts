import { expect, test } from 'vitest';
import { nearest } from '../../pipelines/index.ts';

test.each([
  ['tensr', ['tensor', 'scale'], 'tensor'],
  ['tesnor', ['sensor', 'tensor'], 'tensor'],
  ['Decode', ['decode'], 'decode'],
  ['ab', ['ba', 'zz'], 'ba'],
  ['heatmap', ['tensor', 'scale'], undefined],
  ['a', ['bcd'], undefined],
  ['same', ['same'], undefined],
  ['x'.repeat(1000), ['x'.repeat(999)], undefined],
])('%s among %j means %s', (word, candidates, meant) => {
  expect(nearest(word, candidates)).toBe(meant);
});
