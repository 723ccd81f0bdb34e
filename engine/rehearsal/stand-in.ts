/**
 * What runs in a stage's place in a rehearsal. It takes as long as the stage's profile says, drawn as the estimator
 * draws it, and gives values that carry nothing but which of the stages to come run.
 */
import {
  drawFrom,
  keyedPrefix,
  ServiceDistribution,
  zeros,
  type BatchTimes,
  type Item,
  type Operator,
  type Outputs,
  type Tensor,
  type Value,
} from '../../operators/index.ts';
import { itemTensors, type ItemGates } from './query-values.ts';

/** Where a replica finds the operator: this very module, whether built or not. */
export const code = { module: import.meta.url, name: 'operator' };

/** Inputs that only stand-ins have; stages' own can't be called so. */
export const hiddenInputs = { items: '@items', item: '@item' };

/** The number of a query that is none: it warms a replica up, and takes a few milliseconds at most. */
export const warmUp = { query: -1, most: 2 };

/** A stand-in's parameters, less the times. */
export interface Part {
  /** Of the sample. */
  seed: number;
  /** Number of the stage in the pipeline. */
  index: number;
  /** Outputs that are lists, and what their items are; all others are passed on or empty. */
  lists: Readonly<Record<string, ItemGates>>;
  outputs: readonly string[];
}

export interface StandIn extends Part {
  /** Of the stage on the replica's hardware. */
  times: readonly BatchTimes[];
}

const nothing = zeros('INT32', [1]);

function outputsOf({ inputs }: Item, { outputs, lists }: Part): Outputs {
  const passed = inputs[hiddenInputs.item] ?? nothing;
  const value = (port: string): Value =>
    Object.hasOwn(lists, port) ? itemTensors(inputs[hiddenInputs.items] as Tensor, lists[port]!) : passed;
  return Object.fromEntries(outputs.map(port => [port, value(port)]));
}

export const operator: Operator<StandIn> = {
  description: "Stands in for a stage: takes as long as the stage's profile says.",
  ports: { inputs: { '*': { datatype: 'ANY' } }, outputs: {} },
  create(params, site) {
    const times = new ServiceDistribution(params.times);
    const prefix = keyedPrefix(params.seed, params.index);
    return {
      async run(batch) {
        const start = site.now();
        const { query, index } = batch[0]!.context;
        const time = times.draw(batch.length, drawFrom(prefix, query, index));
        const end = start + (query === warmUp.query ? Math.min(time, warmUp.most) : time);
        const outputs = batch.map(item => outputsOf(item, params));
        await site.until(end);
        return outputs;
      },
    };
  },
};
