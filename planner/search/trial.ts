/**
 * How plans do on a workload, stage by stage: as `Relaxation` has it, but for plans that group the stages in any way.
 * What a plan begins with as the one before did is not worked out again.
 */
import type { Objective } from '../../pipelines/index.ts';
import { rankOf } from '../percentile.ts';
import type { SimulatedPool } from '../simulation/deployment.ts';
import type { Structure } from '../simulation/structure.ts';
import type { System } from '../system.ts';
import type { Sample } from '../workload/workload.ts';
import type { Candidate } from './context.ts';
import { simulatedPools, type Option, type SearchGroup } from './option.ts';
import type { Tried } from './relaxation.ts';
import { selectRank } from './select.ts';
import { passQueue, type Passage } from './staged-queue.ts';
import { StagedSample } from './staged-sample.ts';
import { join } from './worksheet.ts';

/** What one sample's units went through last. */
interface Sheet {
  staged: StagedSample;
  /** When each stage's units are over, and when they have what they need; by stage. */
  over: readonly Float64Array[];
  ready: readonly Float64Array[];
  /** Units in the order they came last, by the first stage of a group. */
  orders: readonly Int32Array[];
  /** Times of batches of one, by group and hardware type. */
  alone: Map<string, Float64Array>;
}

/** Times of batches of one that are kept at most, of one sample. */
const mostAlone = 128;

export class Trial {
  readonly #structure: Structure;
  readonly #slo: readonly Objective[];
  readonly #counter: { evaluated: number };
  readonly #sheets: readonly Sheet[];
  readonly #latencies: Float64Array;
  /** The plan that was worked out last, as far as it was. */
  #last: { group: SearchGroup; option: Option; passage: Passage }[] = [];

  /** @param counter counts the plans tried */
  constructor(
    { structure }: System,
    samples: readonly Sample[],
    slo: readonly Objective[],
    counter: { evaluated: number },
  ) {
    this.#structure = structure;
    this.#slo = slo;
    this.#counter = counter;
    this.#latencies = new Float64Array(samples.reduce((sum, { arrivals }) => sum + arrivals.length, 0));
    this.#sheets = samples.map(sample => {
      const staged = new StagedSample(structure, sample);
      const room = () => structure.stages.map(({ index }) => staged.room(index));
      const orders = staged.units.map(({ running }) => running.slice());
      return { staged, over: room(), ready: room(), orders, alone: new Map() };
    });
  }

  /**
   * The worst objective's percentile over its limit. At most 1 is feasible, but for what only the simulation knows.
   * @param candidate its groups in the order of their first stages
   */
  score(candidate: Candidate): number {
    return this.try(candidate, candidate.groups.length - 1).score;
  }

  /** The same, with what the queue of one of the groups saw. */
  try({ groups, choice }: Candidate, place: number): Tried {
    this.#counter.evaluated++;
    let from = 0;
    while (from < groups.length && this.#isAsBefore(from, groups[from]!, choice[from]!)) from++;
    this.#last.length = from;
    for (let g = from; g < groups.length; g++) {
      const pools = simulatedPools(choice[g]!);
      const passage = { waited: false, largest: 0 };
      for (const sheet of this.#sheets) join(passage, this.#pass(sheet, groups[g]!, pools));
      this.#last.push({ group: groups[g]!, option: choice[g]!, passage });
    }
    return { score: this.#worstRatio(), ...this.#last[place]!.passage };
  }

  #isAsBefore(place: number, group: SearchGroup, option: Option): boolean {
    const last = this.#last[place];
    return last?.group === group && last.option === option;
  }

  #pass(sheet: Sheet, group: SearchGroup, pools: readonly SimulatedPool[]): Passage {
    const { indices } = group;
    const { staged, over } = sheet;
    const first = indices[0]!;
    const ready = sheet.ready[first]!;
    staged.ready(first, over, ready);
    const ends = over[first]!;
    ends.set(ready);
    const uniforms = [...indices].map(stage => staged.units[stage]!.uniforms);
    const apart = this.#structure.stages[first]!.needs.length === 0;
    const alone = pools.map(pool => timesAlone(sheet, group, pool, uniforms));
    const passage = passQueue({ ready, order: sheet.orders[first]!, uniforms, alone, apart }, pools, ends);
    for (let place = 1; place < indices.length; place++) over[indices[place]!]!.set(ends);
    return passage;
  }

  #worstRatio(): number {
    let at = 0;
    for (const { staged, over } of this.#sheets) {
      staged.latencies(over, this.#latencies.subarray(at, at + staged.arrivals.length));
      at += staged.arrivals.length;
    }
    const ratios = this.#slo.map(({ percentile, limit }) => {
      return selectRank(this.#latencies, rankOf(percentile, this.#latencies.length) - 1) / limit;
    });
    return Math.max(...ratios);
  }
}

/** What a batch of one takes a group's replica, by unit: the same for every pool of the hardware. */
function timesAlone(
  { alone }: Sheet,
  { stages }: SearchGroup,
  { hardware, times, wake }: SimulatedPool,
  uniforms: readonly Float64Array[],
): Float64Array {
  const key = JSON.stringify([stages, hardware]);
  let known = alone.get(key);
  if (!known) {
    known = uniforms[0]!.map((_, unit) =>
      times.reduce((sum, of, stage) => sum + of.draw(1, uniforms[stage]![unit]!), wake),
    );
    if (alone.size === mostAlone) alone.delete(alone.keys().next().value!);
    alone.set(key, known);
  }
  return known;
}
