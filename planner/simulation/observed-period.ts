import type { Structure } from './structure.ts';

/** Bytes that what observed queries bring may take. */
const mostBytes = 1_000_000;

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
  return lengths.size <= 1 && period * width <= mostBytes ? period : 0;
}
