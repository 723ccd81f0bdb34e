/** What a replica gave for an item, put where it belongs and told to whoever follows its query. */
import type { Value } from '../../operators/index.ts';
import type { Dispatched } from './flights.ts';
import type { Layout } from './layout.ts';
import type { QueryObserver } from './query.ts';

/**
 * Puts an item's outputs into their slots.
 * @param times milliseconds of the batch, by the stage's place in the group
 */
export function storeOutputs(
  { item: { query, index }, route }: Dispatched,
  outputs: readonly Value[],
  times: readonly number[],
): void {
  for (const [at, { slot, stage }] of route.exports.entries()) {
    const value = outputs[at]!;
    if (query.items[stage]) (query.values[slot] as Value[])[index] = value;
    else query.values[slot] = value;
  }
  for (const [step, stage] of route.stages.entries()) {
    query.addService(stage, times[route.program[step]!.stage]!);
  }
}

/** The batch that an item was in. */
interface Ran {
  /** Milliseconds, by the stage's place in the group. */
  times: readonly number[];
  items: number;
  hardware: string;
}

/** Tells of each stage an item passed; they ran one after the other. */
export function tellRuns(
  observer: QueryObserver,
  layout: Layout,
  { item: { query, index, queued, started }, route }: Dispatched,
  outputs: readonly Value[],
  { times, items, hardware }: Ran,
): void {
  let at = started;
  for (const [step, stage] of route.stages.entries()) {
    const service = times[route.program[step]!.stage]!;
    const own = layout.stages[stage]!;
    const ports: Record<string, Value> = {};
    for (const [place, { slot }] of route.exports.entries()) {
      const port = own.outputs.find(output => output.slot === slot)?.port;
      if (port !== undefined) ports[port] = outputs[place]!;
    }
    observer.ran({
      stage: own.stage.name,
      index: query.items[stage] ? index : undefined,
      queued: step === 0 ? queued : at,
      started: at,
      service,
      batch: items,
      hardware,
      outputs: ports,
    });
    at += service;
  }
}
