import type { Operator } from './contract.ts';
import { tensor, type NumericTensor } from './tensor.ts';

/**
 * Writes each run of `length` numbers of `from` into `into` as probabilities that sum to 1. The greatest is taken
 * off first, so that no exponential overflows.
 */
function softmax(from: Float32Array, length: number, into: Float32Array): void {
  for (let start = 0; start < from.length; start += length) {
    const end = start + length;
    let greatest = -Infinity;
    for (let i = start; i < end; i++) greatest = Math.max(greatest, from[i]!);
    let sum = 0;
    for (let i = start; i < end; i++) sum += into[i] = Math.exp(from[i]! - greatest);
    for (let i = start; i < end; i++) into[i] = into[i]! / sum;
  }
}

export const operator: Operator<object> = {
  description: 'Turns scores into probabilities along the last axis.',
  ports: {
    inputs: { in: { datatype: 'FP32', description: 'Scores (logits), of any shape' } },
    outputs: { out: { datatype: 'FP32', like: 'in', description: 'Probabilities' } },
  },
  cost: 'light',
  create: () => ({
    run: batch =>
      batch.map(({ inputs }) => {
        const scores = inputs.in as NumericTensor;
        const probabilities = new Float32Array(scores.data.length);
        softmax(scores.data as Float32Array, scores.shape.at(-1) ?? 1, probabilities);
        return { out: tensor('FP32', scores.shape, probabilities) };
      }),
  }),
};
