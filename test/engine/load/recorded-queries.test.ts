import { describe, expect, it } from 'vitest';
import { recordedInputs, recordedQueries } from '../../../engine/load/recorded-queries.ts';
import { encodeRaw, tensor, text, textOf, type BytesTensor, type Tensor } from '../../../operators/index.ts';
import type { RecordedInput, RecordedQuery } from '../../../planner/index.ts';

function inputOf(name: string, value: Tensor): RecordedInput {
  const base64 = Buffer.from(encodeRaw(value)).toString('base64');
  return { name, datatype: value.datatype, shape: value.shape, base64 };
}

function query(more: Partial<RecordedQuery> = {}): RecordedQuery {
  return { arrival: 0, outcome: 'ok', latency: 1, work: [], ...more };
}

const asked = (word: string) => query({ inputs: [inputOf('text', text(word))] });

describe('inputs of a recording', () => {
  it('are its queries’ own; of one without, those of the one before, or of the first', () => {
    const inputs = recordedInputs([query(), asked('a'), query(), asked('b'), query()])!;
    expect(inputs.map(({ text }) => textOf(text as BytesTensor))).toEqual(['a', 'a', 'a', 'b', 'b']);
  });

  it('may be tensors of numbers', () => {
    const pixels = tensor('FP32', [2, 1], Float32Array.of(0.25, -1));
    expect(recordedInputs([query({ inputs: [inputOf('pixels', pixels)] })])).toEqual([{ pixels }]);
  });

  it('may be none', () => {
    expect(recordedInputs([query(), query()])).toBeNull();
  });

  it.each([
    [{ datatype: 'FLOAT' }, 'input "text" of query 1 of the recording has no datatype "FLOAT"'],
    [{ shape: [5] }, 'input "text" of query 1 of the recording has 5 bytes, too few for 5 elements'],
  ])('with %j are refused', (wrong, message) => {
    const bad = query({ inputs: [{ ...inputOf('text', text('a')), ...wrong }] });
    expect(() => recordedInputs([asked('a'), bad])).toThrow(
      expect.objectContaining({ code: 'invalid-input', message }) as Error,
    );
  });
});

describe('queries of a recording', () => {
  it('ask for what they asked for, in microseconds, with the inputs there are in turn', () => {
    const [a, b] = [{ text: text('a') }, { text: text('b') }];
    const recorded = [query({ timeout: 12.5, priority: 2 }), query(), query({ priority: 1 })];
    const queryAt = recordedQueries(recorded, [a, b]);
    expect([0, 1, 2].map(queryAt)).toEqual([
      { inputs: a, parameters: { timeout: 12_500, priority: 2 } },
      { inputs: b, parameters: {} },
      { inputs: a, parameters: { priority: 1 } },
    ]);
  });
});
