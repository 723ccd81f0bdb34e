/** What `serve` runs on a GPU before it says that it is ready. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { warmUpGpu } from '../../../engine/cli/serve/warm-up.ts';
import { MillraceError, texts, type Device } from '../../../operators/index.ts';
import type { Deployment, Engine, InputValue } from '../../../engine/index.ts';
import { temporaryFolder } from '../../e2e/support/temporary.ts';
import { pipelineOf } from '../../support/virtual-engine.ts';

const stages = '  a: { operator: emulate, inputs: { in: inputs.text }, params: { latency: { 1: 1 ms } } }';

/**
 * Warms up a pipeline with these samples; gives what was sent, and how many queries were in flight at most.
 * @param rounds milliseconds that the rounds of all samples take
 */
async function warm(
  device: Device,
  samples: readonly string[],
  { pure = true, fails = false, rounds = [10, 10] } = {},
) {
  const directory = temporaryFolder();
  mkdirSync(join(directory, 'samples'));
  for (const sample of samples) writeFileSync(join(directory, 'samples', `${sample}.txt`), sample);
  const found = await pipelineOf(stages, '{ out: a.out }');
  const pipeline = { ...found, directory, stages: found.stages.map(stage => ({ ...stage, pure })) };
  const pool = { hardware: device, device, threads: 1, batch: 8, replicas: 1, maxWait: 0 };
  const deployment: Deployment = [{ name: 'a', stages: ['a'], pools: [pool] }];
  const sent: string[] = [];
  let [inFlight, most] = [0, 0];
  const infer = async ({ text }: Readonly<Record<string, InputValue>>) => {
    sent.push(Buffer.isBuffer(text) ? text.toString() : texts(text as never).join());
    most = Math.max(most, ++inFlight);
    await Promise.resolve();
    inFlight--;
    if (fails) throw new MillraceError('invalid-input', 'it is not a picture');
    return {} as never;
  };
  const times = rounds.flatMap(took => [0, took]);
  const engine = { pipeline, deployment, infer } as Pick<Engine, 'pipeline' | 'deployment' | 'infer'>;
  await warmUpGpu(engine, () => times.shift()!);
  return { sent, most };
}

describe('warming up for a GPU', () => {
  it('sends the samples one by one, then all at once', async () => {
    const { sent, most } = await warm('webgpu', ['x', 'y', 'z']);
    expect(sent).toEqual(['x', 'y', 'z', 'x', 'y', 'z', 'x', 'y', 'z']);
    expect(most).toBe(3);
  });

  it('sends them all until that gets no faster', async () => {
    expect((await warm('cuda', ['x'], { rounds: [800, 400, 100, 90] })).sent).toHaveLength(1 + 4);
    const ever = Array.from({ length: 100 }, (_, round) => 1000 * 0.7 ** round);
    expect((await warm('cuda', ['x'], { rounds: ever })).sent).toHaveLength(1 + 8);
  });

  it('goes on where samples fail: the first real query tells of it', async () => {
    expect((await warm('cuda', ['x', 'y'], { fails: true })).sent).toHaveLength(6);
  });

  it.each([
    ['the processor', 'cpu', ['x'], {}],
    ['a pipeline without samples', 'webgpu', [], {}],
    ['a stage that may not run for nobody', 'webgpu', ['x'], { pure: false }],
  ] as const)('does nothing for %s', async (_, device, samples, options) => {
    expect((await warm(device, samples, options)).sent).toEqual([]);
  });
});
