/**
 * The values that flow in a rehearsal: small INT32 tensors that say which stages run and how many items there are, as
 * the estimator's draws have it.
 *
 * `gates` has an element per stage: 1 if it may run once what it needs is there. A query's own are the input `gates`,
 * for the stages that run once per query; an item's are its tensor, for those that run per item. The input `items` has
 * the number of items of each fan-out, then an element for every piece of work that the query can bring.
 */
import { tensor, type NumericTensor, type Tensor } from '../../operators/index.ts';
import type { QueryDraws, Structure } from '../../planner/index.ts';

/** How the items of a list are made of the input `items`. */
export interface ItemGates {
  /** Elements of an item's tensor. */
  length: number;
  /** Place of their number. */
  count: number;
  /** Stages that run on them, and the place of each's first piece of work. */
  stages: readonly { index: number; work: number }[];
}

/** A tensor of one element is a number to a condition, and no list. */
const least = 2;

const gatesLength = ({ stages }: Structure) => Math.max(least, stages.length);

export function itemGates(structure: Structure, fanOut: number): ItemGates {
  const { stages, fanOuts } = structure;
  return {
    length: gatesLength(structure),
    count: fanOut,
    stages: stages
      .filter(stage => stage.fanOut === fanOut)
      .map(({ index, work }) => ({ index, work: fanOuts.length + work })),
  };
}

/** The items of a list, as the stage that makes it gives them. */
export function itemTensors({ data }: Tensor, { length, count, stages }: ItemGates): Tensor[] {
  return Array.from({ length: data[count] as number }, (_, item) => {
    const gates = new Int32Array(length);
    for (const { index, work } of stages) gates[index] = data[work + item] as number;
    return tensor('INT32', [length], gates);
  });
}

/** Inputs of the query that was drawn last. */
export function inputsOf(
  structure: Structure,
  { counts, open }: QueryDraws,
): { gates: NumericTensor; items: NumericTensor } {
  const gates = new Int32Array(gatesLength(structure));
  for (const { index, perItem, work } of structure.stages) gates[index] = perItem ? 0 : open[work]!;
  const items = Int32Array.of(...counts, ...open);
  return {
    gates: tensor('INT32', [gates.length], gates),
    items: tensor('INT32', [items.length], items),
  };
}
