/** Whether a replica's answer can be one to its batch. One that can't comes from a replica that is broken. */
import { valueProblem } from './check-value.ts';
import type { Dispatched } from './flights.ts';
import type { BatchResult } from './message.ts';
import { ReplicaLost } from './replica.ts';

/**
 * @param stages how many the group has
 * @throws ReplicaLost if it can't be one
 */
export function checkResult(batch: readonly Dispatched[], result: BatchResult, stages: number): void {
  const cause = problemOf(batch, result, stages);
  if (cause) throw new ReplicaLost('a result that makes no sense', { cause });
}

function problemOf(
  batch: readonly Dispatched[],
  { items, blocks, times }: BatchResult,
  stages: number,
): string | null {
  if (items.length !== batch.length) return `${items.length} results for a batch of ${batch.length}`;
  if (times.length !== stages || !times.every(time => time >= 0)) return 'times that are none';
  for (const [place, item] of items.entries()) {
    if ('error' in item) continue;
    const { exports } = batch[place]!.route;
    if (item.outputs.length !== exports.length)
      return `${item.outputs.length} outputs in place of ${exports.length}`;
    if (!item.blocks.every(block => blocks[block])) return 'outputs in memory that it did not send';
    for (const [at, { type }] of exports.entries()) {
      const problem = valueProblem(item.outputs[at]!, type);
      if (problem) return `an output that ${problem}`;
    }
  }
  return null;
}
