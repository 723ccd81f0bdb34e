/** The machine that a profile is measured on. */
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { availableParallelism, cpus } from 'node:os';

/** Facts that service times depend on. */
export type Host = Readonly<
  Record<'cpu' | 'node' | 'onnxruntime' | 'platform', string> & Record<'cores', number>
>;

/** Facts of this machine: a profile measured where they differ says little about it. */
export function hostFacts(): Host {
  const { version } = createRequire(import.meta.url)('onnxruntime-node/package.json') as { version: string };
  return {
    cpu: cpus()[0]?.model.trim() || 'unknown',
    cores: availableParallelism(),
    node: process.versions.node,
    onnxruntime: version,
    platform: `${process.platform}-${process.arch}`,
  };
}

/** A short name of a machine: the first 16 hexadecimal digits of the SHA-256 of its facts as JSON. */
export function hostFingerprint(host: Host): string {
  return createHash('sha256').update(JSON.stringify(host)).digest('hex').slice(0, 16);
}
