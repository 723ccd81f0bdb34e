/** What a replica's thread runs: piscina calls it with one message at a time. */
import { MillraceError } from '../../operators/index.ts';
import { GroupRunner } from './group-runner.ts';
import { itemError } from './item-error.ts';
import type { ItemError, Program, ReplicaSpec } from './message.ts';
import { ReplicaMemory } from './replica-memory.ts';
import { sleepUntil } from './sleep.ts';
import type { Wire } from './wire/format.ts';
import { packResult, unpackBatch } from './wire/wire.ts';

/** A batch for a replica, or what else it is told. The number tells those apart that share a thread. */
export type ThreadMessage =
  | readonly [replica: number, batch: Wire]
  | { kind: 'start'; replica: number; spec: ReplicaSpec }
  | { kind: 'close'; replica: number };

/** A batch's result, or whether the replica has started or ended. */
export type ThreadAnswer = Wire | { error: ItemError | null };

interface Tenant {
  group: GroupRunner;
  /** Programs it was sent, by number. */
  programs: Program[];
}

const clock = { now: () => performance.now(), until: sleepUntil };

/** A thread has a heap of its own; what else the process has is no one thread's. */
const memory = new ReplicaMemory(() => {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
});

const tenants = new Map<number, Tenant>();

export default async function answer(message: ThreadMessage): Promise<ThreadAnswer> {
  if (isBatch(message)) {
    const [replica, wire] = message;
    const { group, programs } = tenants.get(replica)!;
    return packResult({ ...(await group.run(unpackBatch(wire, programs))), memory: memory.report() });
  }
  if (message.kind === 'close') {
    await tenants.get(message.replica)?.group.close();
    tenants.delete(message.replica);
    return { error: null };
  }
  try {
    const group = await GroupRunner.start(message.spec, clock);
    tenants.set(message.replica, { group, programs: [] });
    return { error: null };
  } catch (error) {
    // Only plain data keeps its fields across threads.
    if (error instanceof MillraceError) return { error: itemError(error) };
    throw error;
  }
}

function isBatch(message: ThreadMessage): message is readonly [number, Wire] {
  return Array.isArray(message);
}
