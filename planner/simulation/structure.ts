/**
 * A pipeline as the simulation sees it: stages by number, what each waits for, and a number for every piece of work
 * that a query can bring, so that the state of a query is a few bytes in a typed array.
 */
import type { Pipeline, Sources, Stage } from '../../pipelines/index.ts';
import type { Scale } from '../profile/profile.ts';
import { fanOutNumbers, fanOutsOf, type FanOut } from './fan-outs.ts';

/** When a source of a stage is there. */
export const After = {
  /** From the start: an input of the pipeline. */
  start: 0,
  /** Once a stage is over: one that runs per query, or all items of one that runs per item. */
  stage: 1,
  /** Once the same item is through another stage. */
  item: 2,
} as const;

/** Something a stage needs: alternatives in order of preference, by what makes each of them available. */
export interface Need {
  after: Uint8Array;
  /** The stage to wait for; -1 for `After.start`. */
  stage: Int32Array;
  /** Whether that stage can hand it on within a batch, where both run right after each other on one replica. */
  direct: Uint8Array;
}

export interface StageStructure {
  name: string;
  index: number;
  perItem: boolean;
  /** Items of one query go through it one after the other: it carries state from one to the next. */
  serial: boolean;
  /** Whether it can't be run along with another stage of its group: whether and when it runs is decided outside. */
  apart: boolean;
  /** Whether some queries or items pass it by. */
  gated: boolean;
  /** Whether a condition says which; otherwise it is the last items that it has no use for. */
  conditional: boolean;
  needs: readonly Need[];
  /** For a per-item stage: each of its lists, by the stages that can give it. */
  lists: readonly Need[];
  /** Stages that read it once it is over. */
  dependents: Int32Array;
  /** Per-item stages that read it item by item. */
  followers: Int32Array;
  /** The fan-out its items are of; -1 for a stage that runs once per query. */
  fanOut: number;
  /** Its first piece of work; item i is the i-th after it. */
  work: number;
  /** How many pieces of work a query can bring it at most. */
  width: number;
  scale: Scale;
}

export interface Structure {
  pipeline: Pipeline;
  stages: readonly StageStructure[];
  fanOuts: readonly FanOut[];
  /** Pieces of work of a query, at most. */
  width: number;
  /** Stage and item of each piece of work. */
  stageOf: Int32Array;
  itemOf: Int32Array;
  /** Whether every query brings every piece of work: no branches, and every fan-out of a fixed size. */
  plain: boolean;
  /** Where it is of several pipelines: the structure of each. A query is of one of them. */
  parts?: readonly Structure[];
}

/** Whether a stage was seen to get less than one item of a query, or than all items of its fan-out. */
function fallsShort({ samples }: Scale, fanOut: FanOut | undefined): boolean {
  return samples.some((count, query) => count < (fanOut ? (fanOut.scale.samples[query] ?? 0) : 1));
}

/**
 * @param scales items per query of each stage, by name
 */
export function structureOf(pipeline: Pipeline, scales: ReadonlyMap<string, Scale>): Structure {
  const { stages } = pipeline;
  const indexOf = new Map(stages.map(({ name }, index) => [name, index]));
  const perItem = stages.map(({ each }) => each !== null);
  const fanOutOf = fanOutNumbers(stages);
  const fanOuts = fanOutsOf(stages, scales);
  const scale = stages.map(({ name }) => scales.get(name) ?? { mean: 1, samples: [] });

  /** What one item of a list, or a whole value, needs. */
  const needOf = (sources: Sources, each: Stage['each'], ofItems = false): Need => {
    const alternatives = sources.flatMap((source, at) =>
      source.kind === 'item'
        ? each![source.name]!.map((reference, place) => ({ reference, ofItem: true, first: place === 0 }))
        : [{ reference: source, ofItem: ofItems, first: ofItems ? at === 0 : each === null }],
    );
    const stage = alternatives.map(({ reference }) =>
      reference.kind === 'port' ? indexOf.get(reference.stage)! : -1,
    );
    const after = alternatives.map(({ ofItem }, at) => {
      const of = stage[at]!;
      return of < 0 ? After.start : ofItem && perItem[of] ? After.item : After.stage;
    });
    // As the engine's router has it: of a list only the first alternative, and never a list gathered whole.
    const direct = alternatives.map(({ ofItem, first }, at) => {
      const of = stage[at]!;
      return of >= 0 && first && ofItem === perItem[of] ? 1 : 0;
    });
    return { after: Uint8Array.from(after), stage: Int32Array.from(stage), direct: Uint8Array.from(direct) };
  };
  /** A need that is there from the start is none. */
  const waits = ({ after }: Need) => after[0] !== After.start;

  const dependents = stages.map(() => new Set<number>());
  const followers = stages.map(() => new Set<number>());
  let width = 0;
  const structures = stages.map((stage, index): StageStructure => {
    const lists = Object.values(stage.each ?? {}).map(sources => needOf(sources, null, true));
    const needs = [
      ...Object.values(stage.inputs).map(sources => needOf(sources, stage.each)),
      ...lists,
      ...(stage.when?.references ?? []).map(reference => needOf([reference], stage.each)),
    ].filter(waits);
    for (const need of needs) {
      for (const [at, of] of need.stage.entries()) {
        if (need.after[at] === After.stage) dependents[of]!.add(index);
        if (need.after[at] === After.item) followers[of]!.add(index);
      }
    }
    const fanOut = fanOutOf[index]!;
    const work = width;
    const own = fanOut < 0 ? 1 : fanOuts[fanOut]!.width;
    width += own;
    const serial = perItem[index]! && Object.keys(stage.state).length > 0;
    return {
      name: stage.name,
      index,
      perItem: perItem[index]!,
      serial,
      apart: serial || stage.when !== null,
      gated: stage.when !== null || fallsShort(scale[index]!, fanOuts[fanOut]),
      conditional: stage.when !== null,
      needs,
      lists,
      dependents: new Int32Array(),
      followers: new Int32Array(),
      fanOut,
      work,
      width: own,
      scale: scale[index]!,
    };
  });
  return {
    pipeline,
    stages: structures.map((stage, index) => ({
      ...stage,
      dependents: Int32Array.from(dependents[index]!),
      followers: Int32Array.from(followers[index]!),
    })),
    fanOuts,
    width,
    stageOf: Int32Array.from(
      structures.flatMap(stage => Array.from({ length: stage.width }, () => stage.index)),
    ),
    itemOf: Int32Array.from(
      structures.flatMap(stage => Array.from({ length: stage.width }, (_, item) => item)),
    ),
    plain:
      structures.every(({ gated }) => !gated) &&
      fanOuts.every(({ scale: { mean, samples }, width: most }) =>
        samples.length > 0 ? samples.every(count => count === most) : Number.isInteger(mean),
      ),
  };
}
