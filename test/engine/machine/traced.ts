/**
 * A stage whose outputs tell whose they are and what they were made from: `TAG:DIGEST`, with the tag of the query and a
 * digest of the stage and of all it was given. What it decides (kinds, numbers of items) follows from the digest too, so
 * that a query is answered alike whenever and in whatever company it runs.
 */
import { isList, keyedUniform, text, texts, type BytesTensor, type Item } from '../../../operators/index.ts';
import type { Operator, Outputs, Tensor, Value } from '../../../operators/index.ts';
import { timed, type TimedParams } from '../../planner/simulation/timed.ts';

/** A query's tag: its number; for a poisonous one, the stage that throws on it; and whether it ends its worker. */
export interface Tag {
  query: number;
  poisons?: number | undefined;
  kills?: boolean | undefined;
  /** Characters to add, so that its values don't travel inline. */
  padding?: number | undefined;
}

export function writeTag({ query, poisons, kills, padding = 0 }: Tag): string {
  const marks = `${poisons === undefined ? '' : `!${poisons}`}${kills ? '+' : ''}`;
  return `q${query}${marks}${'.'.repeat(padding)}`;
}

export function readTag(tag: string): Tag {
  const [, query, poisons, kills] = /^q(\d+)(?:!(\d+))?(\+?)/.exec(tag)!;
  return { query: Number(query), ...(poisons && { poisons: Number(poisons) }), kills: kills !== '' };
}

/** All texts that a value holds; numbers as texts. */
function textsIn(value: Value): string[] {
  if (isList(value)) return value.flatMap(textsIn);
  return value.datatype === 'BYTES' ? texts(value as BytesTensor) : [String(value.data[0])];
}

/** Tags of the queries that values come from; what was made of empty lists alone has none. */
export function tagsIn(values: Iterable<Value>): Set<string> {
  const found = [...values].flatMap(textsIn).map(each => each.split(':', 1)[0]!);
  return new Set(found.filter(each => each.startsWith('q')));
}

const memorySize = 2 ** 20;

function trace(item: Item, { stage, kinds, items, stateful }: TimedParams): Outputs {
  const [tag = ''] = tagsIn(Object.values(item.inputs));
  const { index, last } = item.context;
  const given = Object.keys(item.inputs)
    .sort()
    .flatMap(port => [port, ...textsIn(item.inputs[port]!)]);
  const uniform = keyedUniform(stage, index, stateful && last ? 'last' : '', ...given);
  const digest = Math.floor(uniform * memorySize);
  const own = (suffix: string): Tensor => text(`${tag}:${digest}${suffix}`);
  const choose = <T>(values: readonly T[]): T => values[digest % values.length]!;
  return {
    out: own(''),
    ...(kinds && { kind: text(choose(kinds)) }),
    ...(items && { items: Array.from({ length: choose(items) }, (_, place) => own(`.${place}`)) }),
    ...(stateful && { memory: { datatype: 'FP32', shape: [1], data: Float32Array.of(digest) } }),
  };
}

/** Whole milliseconds, as all times of the machine are: so that much happens at one moment. */
export function latencyOf({ latency }: TimedParams, threads: number, items: number): number {
  return Math.ceil(latency[threads - 1]![items - 1]!);
}

export const traced: Operator<TimedParams> = {
  ...timed,
  description: 'Takes its time, and says what it was given.',
  create: (params, site) => ({
    async run(batch) {
      await site.until(site.now() + latencyOf(params, site.threads, batch.length));
      for (const { inputs } of batch) {
        for (const tag of tagsIn(Object.values(inputs))) {
          if (readTag(tag).poisons === params.stage) throw new Error(`can't swallow ${tag}`);
        }
      }
      return batch.map(item => trace(item, params));
    },
  }),
};
