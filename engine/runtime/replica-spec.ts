import type { ReplicaSpec, ReplicaStage, WarmUpBatch } from './message.ts';

/** What of a stage is sent to replicas. */
function plainStage({ name, code, params, outputs, ports, pure }: ReplicaStage): ReplicaStage {
  return { name, code, params, outputs, ports, pure };
}

/** What a replica is started with: plain data. @param warmUp null: nothing */
export function specOf(
  where: Pick<ReplicaSpec, 'hardware' | 'device' | 'threads' | 'isolation'>,
  stages: readonly ReplicaStage[],
  warmUp: readonly WarmUpBatch[] | null,
): ReplicaSpec {
  return { ...where, stages: stages.map(plainStage), ...(warmUp && { warmUp }) };
}
