/** `--plan` and `--hardware`, read into a deployment. */
import { availableParallelism } from 'node:os';
import { builtinHardware, loadHardware, loadPlan, type BoundPipeline } from '../../pipelines/index.ts';
import { defaultDeployment, deployPlan, type Deployment } from '../index.ts';
import { UsageError } from './command.ts';

/** Whether `--hardware` is given a file, and not the name of a type. */
export function isFile(hardware: string | undefined): hardware is string {
  return hardware !== undefined && /\.ya?ml$/.test(hardware);
}

/**
 * @param plan path of a plan file
 * @param hardware name of a hardware type, or path of a file that defines some
 * @throws MillraceError for a file that is missing or has mistakes, or a plan that does not fit the pipeline
 */
export async function readDeployment(
  pipeline: BoundPipeline,
  plan: string | undefined,
  hardware: string | undefined,
): Promise<Deployment> {
  const types = isFile(hardware) ? (await loadHardware(hardware)).types : {};
  if (plan !== undefined) {
    if (hardware !== undefined && !isFile(hardware))
      throw new UsageError('--plan says what hardware to use: leave out --hardware');
    return deployPlan(pipeline, await loadPlan(plan, pipeline), types);
  }
  if (isFile(hardware))
    throw new UsageError('--hardware takes a file only beside --plan; without one it takes a name');
  const machine = { cores: availableParallelism() };
  if (hardware === undefined) return defaultDeployment(pipeline, machine);
  const type = builtinHardware(hardware);
  if (!type)
    throw new UsageError(
      `there is no hardware "${hardware}"; there are cpu, cpu-2, cuda, tensorrt, webgpu, directml, coreml`,
    );
  return defaultDeployment(pipeline, { ...machine, hardware: { name: hardware, ...type } });
}
