import type { XStatic } from 'typebox/schema';
import type { Operator, Outputs } from './contract.ts';
import { MillraceError } from './errors.ts';
import { bytes, tensor, type NumericTensor } from './tensor.ts';

const parameters = {
  type: 'object',
  properties: {
    k: {
      type: 'integer',
      minimum: 1,
      default: 1,
      description: 'How many to keep',
    },
    labels: {
      type: 'array',
      items: {
        type: 'string',
      },
      minItems: 1,
      description: 'A name for each number, for the output `labels`',
    },
  },
  additionalProperties: false,
} as const;

type TopkParameters = { k: number; labels?: string[] };

/** Indices of the `k` greatest of `values`, greatest first; of equals the earlier one first. NaN comes last. */
function greatest(values: Float32Array, k: number): number[] {
  const rank = (index: number) => (Number.isNaN(values[index]) ? -Infinity : values[index]!);
  const kept: number[] = [];
  for (let i = 0; i < values.length; i++) {
    if (kept.length === k && rank(i) <= rank(kept[k - 1]!)) continue;
    if (kept.length === k) kept.pop();
    let place = kept.length;
    while (place > 0 && rank(kept[place - 1]!) < rank(i)) place--;
    kept.splice(place, 0, i);
  }
  return kept;
}

export const operator: Operator<TopkParameters & XStatic<typeof parameters>> = {
  description:
    'Keeps the k greatest numbers, greatest first, with their indices and, if given, their labels.',
  params: parameters,
  ports({ k, labels }) {
    if (labels && k > labels.length) {
      throw new MillraceError('invalid-pipeline', `"k" is ${k}, but there are ${labels.length} labels`);
    }
    return {
      inputs: { in: { datatype: 'FP32', shape: [labels?.length ?? 'n'] } },
      outputs: {
        values: { datatype: 'FP32', shape: [k] },
        indices: { datatype: 'INT64', shape: [k] },
        ...(labels && { labels: { datatype: 'BYTES' as const, shape: [k] } }),
      },
    };
  },
  cost: 'light',
  create({ k, labels }) {
    const names = labels?.map(label => new TextEncoder().encode(label));

    function topk(input: NumericTensor): Outputs | Error {
      const values = input.data as Float32Array;
      if (k > values.length) {
        return new MillraceError(
          'invalid-input',
          `the ${k} greatest of ${values.length} numbers were asked for`,
        );
      }
      if (names && names.length !== values.length) {
        return new MillraceError('invalid-input', `${values.length} numbers, but ${names.length} labels`);
      }
      const indices = greatest(values, k);
      return {
        values: tensor(
          'FP32',
          [k],
          Float32Array.from(indices, index => values[index]!),
        ),
        indices: tensor('INT64', [k], BigInt64Array.from(indices, BigInt)),
        ...(names && { labels: bytes(indices.map(index => names[index]!)) }),
      };
    }

    return { run: batch => batch.map(item => topk(item.inputs.in as NumericTensor)) };
  },
};
