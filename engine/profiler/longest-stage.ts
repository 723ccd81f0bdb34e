/** The stage that takes a group's batches longest, by its place. */
export function longestOf(batches: readonly { times: readonly (number | null)[] }[], stages: number): number {
  const sums = Array.from({ length: stages }, (_, stage) =>
    batches.reduce((sum, { times }) => sum + (times[stage] ?? 0), 0),
  );
  return sums.indexOf(Math.max(...sums));
}
