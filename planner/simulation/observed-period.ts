import type { Structure } from './structure.ts';

/**
 * Observed queries, and pieces of work of all of them, of which it is worth keeping what they bring. Beyond, as where every
 * query of a recording is one, few are met again in a simulation.
 */
const most = { queries: 1000, work: 1_000_000 };

/**
 * After how many queries what they bring repeats itself: those observed, in their order, unless something of theirs is left
 * to chance.
 * @returns 0 if it does not, or after too many to keep
 */
export function observedPeriod({ stages, fanOuts, width }: Structure): number {
  const gated = stages.filter(stage => stage.gated);
  // Which items a condition on them chooses is not known, only how many.
  if (gated.some(({ perItem, conditional }) => perItem && conditional)) return 0;
  const lengths = new Set([...gated, ...fanOuts].map(({ scale }) => scale.samples.length));
  const [period = 1] = lengths;
  return lengths.size <= 1 && period <= most.queries && period * width <= most.work ? period : 0;
}
