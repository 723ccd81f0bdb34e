import type { Stage } from '../../pipelines/index.ts';

interface Kind {
  hardware: string;
  batch: number;
}

/**
 * Whether the replicas of a pool go on in another of the same stages. As in the engine, they are not warm for larger
 * batches; but where some stage may not be run for nobody, new ones would not be either.
 * @param stages of the group
 */
export function suits(from: Kind, to: Kind, stages: readonly Pick<Stage, 'pure'>[]): boolean {
  if (from.hardware !== to.hardware) return false;
  return to.batch <= from.batch || stages.some(({ pure }) => !pure);
}
