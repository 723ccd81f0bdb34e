/**
 * Choosing one of several things in each of several classes: which choices are both cheaper and lighter than all others
 * (the multiple-choice knapsack problem, by dynamic programming over undominated states: Nemhauser & Ullmann 1969).
 */

/** Something to choose. */
export interface Weighed<T> {
  value: T;
  cost: number;
  weight: number;
}

interface State<T> {
  cost: number;
  weight: number;
  value: T | null;
  before: State<T> | null;
}

/** States this close in cost are taken for one, so that their number stays bounded. */
const grain = 1e-4;

/**
 * The undominated choices, cheapest and heaviest first.
 * @param classes at least one thing each
 * @param ceiling what costs more is left out
 */
export function undominated<T>(
  classes: readonly (readonly Weighed<T>[])[],
  ceiling: number,
): { cost: number; values(): T[] }[] {
  let states: State<T>[] = [{ cost: 0, weight: 0, value: null, before: null }];
  for (const things of classes) {
    const sums: State<T>[] = [];
    for (const { value, cost, weight } of prune(things)) {
      for (const before of states) {
        if (before.cost + cost > ceiling) break;
        sums.push({ cost: before.cost + cost, weight: before.weight + weight, value, before });
      }
    }
    states = prune(sums);
  }
  return states.map(state => ({ cost: state.cost, values: () => valuesOf(state) }));
}

/** What nothing else undercuts in both, by ascending cost. */
function prune<S extends { cost: number; weight: number }>(all: readonly S[]): S[] {
  const kept: S[] = [];
  for (const one of [...all].sort((a, b) => a.cost - b.cost || a.weight - b.weight)) {
    const last = kept.at(-1);
    if (!last) kept.push(one);
    else if (one.weight < last.weight) {
      if (one.cost - last.cost < grain) kept[kept.length - 1] = one;
      else kept.push(one);
    }
  }
  return kept;
}

function valuesOf<T>(state: State<T>): T[] {
  const values: T[] = [];
  for (let at: State<T> | null = state; at.before; at = at.before) values.unshift(at.value!);
  return values;
}
