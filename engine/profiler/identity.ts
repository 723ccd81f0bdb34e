/** Tells apart what is measured, so that a measurement is only gone on from where nothing has changed. */
import { createHash, type Hash } from 'node:crypto';
import { statSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BoundPipeline, BoundStage, HardwareType } from '../../pipelines/index.ts';
import type { InputValue } from '../runtime/inputs.ts';
import { hostFacts } from './host.ts';
import type { SampleQuery } from './recording.ts';

/** Absolute paths among a stage's parameters, and its module. */
function filesOf({ code, params }: BoundStage): string[] {
  const texts: string[] = 'module' in code ? [fileURLToPath(code.module)] : [];
  JSON.stringify(params, (_, value: unknown) => {
    if (typeof value === 'string' && isAbsolute(value)) texts.push(value);
    return value;
  });
  return texts;
}

/** A file's size and when it was last written; null for what is no file. */
function stampOf(path: string): readonly [size: number, written: number] | null {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat?.isFile() ? [stat.size, stat.mtimeMs] : null;
}

function addInput(hash: Hash, value: InputValue): void {
  if (typeof value === 'string' || value instanceof Uint8Array) {
    hash.update(value);
    return;
  }
  hash.update(`${value.datatype} ${value.shape.join()} `);
  if (value.datatype === 'BYTES') for (const element of value.data) hash.update(element);
  else hash.update(new Uint8Array(value.data.buffer, value.data.byteOffset, value.data.byteLength));
}

/**
 * A digest of the stages with the files they name, the hardware, the machine and the sample inputs.
 * @returns hexadecimal digits
 */
export function identityOf(
  { name, inputs, stages }: BoundPipeline,
  hardware: { name: string } & HardwareType,
  samples: readonly SampleQuery[],
): string {
  const hash = createHash('sha256');
  const files = stages.flatMap(filesOf).map(path => [path, stampOf(path)]);
  hash.update(JSON.stringify([name, inputs, stages, files, hardware, hostFacts()]));
  for (const sample of samples) {
    for (const [input, value] of Object.entries(sample.inputs)) {
      hash.update(`\n${input} `);
      addInput(hash, value);
    }
  }
  return hash.digest('hex');
}
