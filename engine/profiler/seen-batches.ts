/** What the batches of one that were seen of a group say of all of its batches. */

/** Where more of a group's batches than this were others, those of one are of other inputs than the rest. */
const mostOthers = 0.1;

/** Whether they are of the same inputs as all. */
export function standForAll({ batches, others }: { batches: readonly unknown[]; others: number }): boolean {
  return others <= mostOthers * (others + batches.length);
}

/** The stage that takes a group's batches longest, by its place. */
export function longestOf(batches: readonly { times: readonly (number | null)[] }[], stages: number): number {
  const sums = Array.from({ length: stages }, (_, stage) =>
    batches.reduce((sum, { times }) => sum + (times[stage] ?? 0), 0),
  );
  return sums.indexOf(Math.max(...sums));
}
