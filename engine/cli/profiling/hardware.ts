/** `--hardware`: what is profiled. */
import { availableParallelism } from 'node:os';
import { builtinHardware, loadHardware, type HardwareType } from '../../../pipelines/index.ts';
import { UsageError } from '../command.ts';

export type NamedHardware = { name: string } & HardwareType;

/** Whether it asks for more threads than this machine runs at a time. */
export function isTooWide({ device, threads }: HardwareType): boolean {
  return device === 'cpu' && threads > availableParallelism();
}

/**
 * The hardware type of a name; or all that a file defines.
 * @throws UsageError for a name that means nothing; what `loadHardware` throws for a file
 */
export async function readHardware(value: string): Promise<{ types: NamedHardware[]; isFile: boolean }> {
  if (/\.ya?ml$/.test(value)) {
    const { types } = await loadHardware(value);
    return { types: Object.entries(types).map(([name, type]) => ({ name, ...type })), isFile: true };
  }
  const type = builtinHardware(value);
  if (!type) {
    throw new UsageError(
      `there is no hardware "${value}"; there are cpu, cpu-2, cuda, tensorrt, webgpu, directml, coreml, and the types of a YAML file`,
    );
  }
  return { types: [{ name: value, ...type }], isFile: false };
}
