import { readFileSync } from 'node:fs';

/** Ids of the processes that this one has started and that still run. */
export function children(): number[] {
  const { pid } = process;
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return text.split(' ').filter(Boolean).map(Number);
}
