/**
 * A pipeline as the flow sees it: stages and values by number, and who waits for whom.
 *
 * Every pipeline input and every stage output has a slot. A stage with `each` runs per item: its slots hold one value
 * per item, and others see them as the gathered list.
 */
import { MillraceError, zeros, type Tensor, type Value } from '../../operators/index.ts';
import {
  compileCondition,
  type BoundPipeline,
  type BoundStage,
  type Reference,
  type Sources,
} from '../../pipelines/index.ts';

/** Where a stage's input comes from. */
export type Source =
  /** A pipeline input, or an output of a stage that runs once per query; `stage` is -1 for an input. */
  | { kind: 'slot'; slot: number; stage: number }
  /** All that a per-item stage gave, as a list. */
  | { kind: 'gather'; slot: number; stage: number }
  /** The item at hand of one of the stage's own lists. */
  | { kind: 'item'; list: number };

/** A list whose items a stage runs on: the output of a stage that gives lists, or of a per-item stage. */
export interface ListSource {
  slot: number;
  stage: number;
  perItem: boolean;
}

export interface StageLayout {
  index: number;
  stage: BoundStage;
  perItem: boolean;
  /** Per name of `each`: its sources in order of preference. */
  lists: readonly (readonly ListSource[])[];
  inputs: readonly { port: string; sources: readonly Source[] }[];
  when: { sources: readonly Source[]; test: (values: readonly Value[]) => boolean } | null;
  state: readonly { input: string; slot: number; initial: Tensor }[];
  outputs: readonly { port: string; slot: number }[];
  /** Stages that read this one's outputs once they are all there. */
  dependents: readonly number[];
  /** Per-item stages that read this one's outputs item by item. */
  followers: readonly number[];
}

export interface Layout {
  pipeline: BoundPipeline;
  stages: readonly StageLayout[];
  slots: number;
  inputs: readonly { name: string; slot: number }[];
  outputs: readonly { name: string; sources: readonly Source[] }[];
  /** Slot of `STAGE.PORT`, or of `inputs.NAME`. */
  slotOf(reference: string): number | undefined;
  /** Stages that read a slot; -1 stands for the pipeline's outputs. */
  readers: readonly (readonly number[])[];
  /** The fan-out a slot's list belongs to: lists of one fan-out share their items' indices. */
  fanOuts: readonly number[];
}

class Slots {
  readonly #slots = new Map<string, number>();

  add(key: string): number {
    const slot = this.#slots.get(key) ?? this.#slots.size;
    this.#slots.set(key, slot);
    return slot;
  }

  get(key: string): number | undefined {
    return this.#slots.get(key);
  }

  get size(): number {
    return this.#slots.size;
  }
}

/** Joins the lists that some `each` names together, and what such stages give, into fan-outs (union-find). */
function fanOutsOf(
  slots: number,
  stages: readonly Pick<StageLayout, 'perItem' | 'lists' | 'outputs'>[],
): number[] {
  const parents = Array.from({ length: slots }, (_, slot) => slot);
  const root = (slot: number): number => (parents[slot] === slot ? slot : root(parents[slot]!));
  for (const { perItem, lists, outputs } of stages) {
    if (!perItem) continue;
    const [first, ...others] = [...lists.flat(), ...outputs].map(({ slot }) => root(slot));
    for (const other of others) parents[root(other)] = root(first!);
  }
  return parents.map((_, slot) => root(slot));
}

function initialState(stage: BoundStage, input: string): Tensor {
  const type = stage.ports.inputs[input]!;
  if (type.datatype === 'ANY') {
    throw new MillraceError(
      'invalid-pipeline',
      `stage "${stage.name}": state "${input}" has no datatype to start from`,
    );
  }
  const shape = (type.shape ?? []).map(size => (typeof size === 'number' && size >= 0 ? size : 0));
  return zeros(type.datatype, shape);
}

/** Numbers a bound pipeline's stages and values. */
export function layOut(pipeline: BoundPipeline): Layout {
  const slots = new Slots();
  const inputs = Object.keys(pipeline.inputs).map(name => ({ name, slot: slots.add(`inputs.${name}`) }));
  const indexOf = new Map(pipeline.stages.map((stage, index) => [stage.name, index]));
  for (const stage of pipeline.stages) {
    for (const port of Object.keys(stage.ports.outputs)) slots.add(`${stage.name}.${port}`);
  }
  const perItem = (stage: number) => pipeline.stages[stage]!.each !== null;

  const source = (reference: Reference, listNames: readonly string[]): Source => {
    if (reference.kind === 'item') return { kind: 'item', list: listNames.indexOf(reference.name) };
    if (reference.kind === 'input')
      return { kind: 'slot', slot: slots.get(`inputs.${reference.name}`)!, stage: -1 };
    const stage = indexOf.get(reference.stage)!;
    const slot = slots.get(`${reference.stage}.${reference.port}`)!;
    return { kind: perItem(stage) ? 'gather' : 'slot', slot, stage };
  };
  const listSource = (reference: Reference): ListSource => {
    if (reference.kind !== 'port') throw new TypeError('each takes lists of stages');
    const stage = indexOf.get(reference.stage)!;
    return { slot: slots.get(`${reference.stage}.${reference.port}`)!, stage, perItem: perItem(stage) };
  };

  const layouts = pipeline.stages.map((stage, index) => {
    const listNames = Object.keys(stage.each ?? {});
    const sourcesOf = (sources: Sources) => sources.map(reference => source(reference, listNames));
    return {
      index,
      stage,
      perItem: stage.each !== null,
      lists: Object.values(stage.each ?? {}).map(sources => sources.map(listSource)),
      inputs: Object.entries(stage.inputs).map(([port, sources]) => ({ port, sources: sourcesOf(sources) })),
      when: stage.when && { sources: sourcesOf(stage.when.references), test: compileCondition(stage.when) },
      state: Object.entries(stage.state).map(([input, output]) => ({
        input,
        slot: slots.get(`${stage.name}.${output}`)!,
        initial: initialState(stage, input),
      })),
      outputs: Object.keys(stage.ports.outputs).map(port => ({
        port,
        slot: slots.get(`${stage.name}.${port}`)!,
      })),
      dependents: [] as number[],
      followers: [] as number[],
    };
  });
  const outputs = Object.entries(pipeline.outputs).map(([name, references]) => ({
    name,
    sources: references.map(reference => source(reference, [])),
  }));

  const readers = Array.from({ length: slots.size }, () => new Set<number>());
  const dependents = layouts.map(() => new Set<number>());
  const followers = layouts.map(() => new Set<number>());
  const reads = (reader: number, sources: readonly Source[]) => {
    for (const from of sources) {
      if (from.kind === 'item') continue;
      readers[from.slot]!.add(reader);
      if (from.stage >= 0 && reader >= 0) dependents[from.stage]!.add(reader);
    }
  };
  for (const layout of layouts) {
    for (const { sources } of layout.inputs) reads(layout.index, sources);
    if (layout.when) reads(layout.index, layout.when.sources);
    for (const list of layout.lists.flat()) {
      readers[list.slot]!.add(layout.index);
      (list.perItem ? followers : dependents)[list.stage]!.add(layout.index);
    }
  }
  for (const { sources } of outputs) reads(-1, sources);

  return {
    pipeline,
    stages: layouts.map((layout, index) => ({
      ...layout,
      dependents: [...dependents[index]!],
      followers: [...followers[index]!],
    })),
    slots: slots.size,
    inputs,
    outputs,
    slotOf: reference => slots.get(reference),
    readers: readers.map(set => [...set]),
    fanOuts: fanOutsOf(slots.size, layouts),
  };
}
