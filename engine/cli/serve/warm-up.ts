/**
 * What `serve` runs on a GPU before it says that it is ready. The first batch on one compiles kernels, which takes
 * longer than most objectives allow: whoever asks first should not be the one to find that out.
 */
import type { Engine } from '../../index.ts';
import { readSamples } from '../profiling/sample-inputs.ts';

/** Sample queries that are sent at most. */
const mostSamples = 16;

/** Milliseconds for a query, in place of the objective. */
const patience = 5 * 60_000;

/** Times at most that all samples are sent at once. */
const mostRounds = 8;

/** Part of the time of the round before: a round that took more met hardly anything new. */
const gain = 0.75;

/**
 * Sends the samples beside the pipeline through an engine with replicas on a GPU: first one by one, then all at once,
 * which makes fuller batches, until that gets no faster: a device meets the shapes of batches one after another. Does
 * nothing where there is no GPU, there are no samples, or a stage may not be run for nobody; and what a sample fails
 * with is for the first real query to tell.
 * @param now milliseconds
 */
export async function warmUpGpu(
  engine: Pick<Engine, 'pipeline' | 'deployment' | 'infer'>,
  now: () => number = () => performance.now(),
): Promise<void> {
  const { pipeline, deployment } = engine;
  const hasGpu = deployment.some(({ pools }) => pools.some(({ device }) => device !== 'cpu'));
  if (!hasGpu || pipeline.stages.some(({ pure }) => !pure)) return;
  const samples = await readSamples(pipeline, []).catch(() => []);
  const queries = samples.slice(0, mostSamples);
  const send = ({ inputs }: (typeof queries)[number]) => engine.infer(inputs, { timeout: patience });
  for (const query of queries) await send(query).catch(() => undefined);
  let before = Infinity;
  for (let round = 0; round < mostRounds; round++) {
    const from = now();
    await Promise.allSettled(queries.map(send));
    const took = now() - from;
    if (took > gain * before) return;
    before = took;
  }
}
