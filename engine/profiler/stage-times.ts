import type { Batch, BatchResult } from '../runtime/message.ts';

/**
 * What each of so many stages of a group took for a batch of one, in milliseconds by the replica's clock; null: it was not
 * run.
 */
export function stageTimes(
  { programs, items }: Batch,
  { times }: BatchResult,
  stages: number,
): (number | null)[] {
  const runs = new Set(programs[items[0]!.program]!.map(({ stage }) => stage));
  return Array.from({ length: stages }, (_, stage) => (runs.has(stage) ? times[stage]! : null));
}

export function sumOf(times: readonly (number | null)[]): number {
  return times.reduce<number>((sum, time) => sum + (time ?? 0), 0);
}
