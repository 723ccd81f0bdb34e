import { describe, expect, it } from 'vitest';
import { certainStages } from '../../engine/runtime/certain.ts';
import { layOut } from '../../engine/runtime/layout.ts';
import { pipelineOf } from '../support/virtual-engine.ts';

describe('a stage that every query runs', () => {
  it('has no condition, runs per query, and gets its inputs from such', async () => {
    const pipeline = await pipelineOf(
      `  always: { operator: ./operators.mjs#echo, inputs: { in: inputs.text } }
  maybe: { operator: ./operators.mjs#echo, inputs: { in: inputs.text }, when: always.out != "x" }
  after: { operator: ./operators.mjs#echo, inputs: { in: maybe.out } }
  either: { operator: ./operators.mjs#echo, inputs: { in: [after.out, always.out] } }
  split: { operator: ./operators.mjs#split, inputs: { text: either.out } }
  part: { operator: ./operators.mjs#echo, each: split.parts, inputs: { in: item } }
  gathered: { operator: ./operators.mjs#pair, inputs: { a: part.out, b: split.parts } }`,
      '{ out: gathered.text }',
    );
    const layout = layOut(pipeline);
    const certain = certainStages(layout);
    const names = layout.stages.filter(({ index }) => certain[index]).map(({ stage }) => stage.name);
    expect(names.toSorted()).toEqual(['always', 'either', 'gathered', 'split']);
  });
});
