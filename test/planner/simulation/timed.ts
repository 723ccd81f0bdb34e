/** A stage that takes as long as a simulation draws, on either of two kinds of hardware, and decides as it is told. */
import { drawFrom, keyedPrefix, text, type Operator, type PortType } from '../../../operators/index.ts';

export const seed = 7;

/** Times are uniform over so many milliseconds: a power of two, so that sums of them are exact in any order. */
export const spread = 8;

export interface TimedParams {
  /** Number of the stage. */
  stage: number;
  /** Least milliseconds by batch size, for one thread and for two. */
  latency: number[][];
  /** What `kind` says, query after query. */
  kinds?: string[];
  /** How long the list `items` is, query after query. */
  items?: number[];
  /** Whether it carries a state from one item to the next. */
  stateful?: boolean;
}

const bytes: PortType = { datatype: 'BYTES', shape: [1] };
const memory: PortType = { datatype: 'FP32', shape: [1] };
const numbers = { type: 'array', items: { type: 'number' } };

const at = <T>(values: readonly T[], query: number): T => values[query % values.length]!;

export const timed: Operator<TimedParams> = {
  description: 'Takes its time.',
  params: {
    type: 'object',
    required: ['stage', 'latency'],
    properties: {
      stage: { type: 'integer' },
      latency: { type: 'array', items: numbers },
      kinds: { type: 'array', items: { type: 'string' } },
      items: numbers,
      stateful: { type: 'boolean' },
    },
  },
  ports: ({ kinds, items, stateful }) => ({
    inputs: { '*': { datatype: 'ANY' }, ...(stateful && { memory }) },
    outputs: {
      out: bytes,
      ...(kinds && { kind: bytes }),
      ...(items && { items: { ...bytes, list: true } }),
      ...(stateful && { memory }),
    },
  }),
  create: ({ stage, latency, kinds, items, stateful }, site) => ({
    async run(batch) {
      const { query, index } = batch[0]!.context;
      const least = latency[site.threads - 1]![batch.length - 1]!;
      await site.until(site.now() + least + spread * drawFrom(keyedPrefix(seed, stage), query, index));
      return batch.map(({ context: { query } }) => ({
        out: text('x'),
        ...(kinds && { kind: text(at(kinds, query)) }),
        ...(items && { items: Array.from({ length: at(items, query) }, () => text('x')) }),
        ...(stateful && { memory: { datatype: 'FP32', shape: [1], data: Float32Array.of(0) } }),
      }));
    },
  }),
};
