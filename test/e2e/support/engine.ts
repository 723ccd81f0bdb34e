/** Engines on real threads, from what is built, as a program that imports millrace has them. */
import { join } from 'node:path';
import { Engine, loadPipeline, MillraceError, type EngineOptions, type QueryResult } from 'millrace';
import { expect, vi } from 'vitest';
import { root } from './millrace.ts';

/** Starts a pipeline, given as a path in the project. Whoever starts it closes it. */
export async function start(path: string, options?: EngineOptions): Promise<Engine> {
  return Engine.start(await loadPipeline(join(root, path)), options);
}

/** One group per pipeline, with a single replica that takes batches of up to `batch`. */
export async function startBatching(path: string, batch: number): Promise<Engine> {
  const pipeline = await loadPipeline(join(root, path));
  const stages = pipeline.stages.map(({ name }) => name);
  const pool = { hardware: 'cpu', device: 'cpu', threads: 1, batch, replicas: 1, maxWait: 0 } as const;
  return Engine.start(pipeline, { deployment: [{ name: 'all', stages, pools: [pool] }] });
}

/** Why a query failed. @throws if it did not, or not with a known error */
export async function failureOf(answer: Promise<QueryResult>): Promise<MillraceError> {
  const failure = await answer.then(
    ({ outputs }) => new Error(`it was answered: ${JSON.stringify(Object.keys(outputs))}`),
    (error: unknown) => error,
  );
  if (failure instanceof MillraceError) return failure;
  throw failure;
}

/** Waits until nothing is held, waits or runs any more. */
export async function expectRest(engine: Engine): Promise<void> {
  await vi.waitFor(
    () => {
      const { queries, bytes, groups } = engine.status();
      const waiting = groups.reduce((sum, group) => sum + group.waiting, 0);
      const busy = groups.flatMap(({ pools }) => pools).reduce((sum, pool) => sum + pool.busy, 0);
      expect({ queries, bytes, waiting, busy }).toEqual({ queries: 0, bytes: 0, waiting: 0, busy: 0 });
    },
    { timeout: 30_000 },
  );
}
