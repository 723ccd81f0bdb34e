/** Items/s of a model stage in the engine, beside a bare session loop on as many threads. */
import { Piscina } from 'piscina';
import { Engine, loadPipeline, tensor } from '../../engine/index.ts';
import { projectFile } from '../bench.ts';
import { interleave } from '../measure.ts';
import type { BareModel } from './bare-session.ts';
import type { Prepared } from './prepared.ts';

export interface RawCase {
  /** A pipeline of one stage, beside this module. */
  pipeline: string;
  inputs: readonly Prepared[];
  batch: number;
  workers: number;
  rounds: number;
  /** How long each way is measured in a round. */
  seconds: number;
}

/** Batches per replica in flight: one that runs and two that are queued. */
const batchesInFlight = 3;

/** Items/s while `inFlight` queries are under way all the time, counted over whole passes through the inputs. */
async function engineRate(
  engine: Engine,
  inputs: readonly Prepared[],
  inFlight: number,
  seconds: number,
): Promise<number> {
  const end = performance.now() + seconds * 1000;
  /** When each pass was over. The first one, while the queues fill, does not count. */
  const passes: number[] = [];
  let next = 0;
  let done = 0;
  const client = async () => {
    while (passes.length < 2 || performance.now() < end) {
      const { shape, data } = inputs[next++ % inputs.length]!;
      await engine.infer({ x: tensor('FP32', shape, data) });
      done++;
      if (done % inputs.length === 0) passes.push(performance.now());
    }
  };
  await Promise.all(Array.from({ length: inFlight }, client));
  return (((passes.length - 1) * inputs.length) / (passes.at(-1)! - passes[0]!)) * 1000;
}

function startBare({ inputs, batch, workers }: RawCase, model: string): Piscina<number, number>[] {
  const workerData: BareModel = {
    model,
    batch,
    shape: inputs.map(({ shape }) => [...shape]),
    inputs: inputs.map(({ data }) => data),
  };
  // One pool per worker: each task then goes to the thread it is meant for.
  return Array.from({ length: workers }, () => {
    const filename = new URL('./bare-session.js', import.meta.url).href;
    return new Piscina({ filename, workerData, minThreads: 1, maxThreads: 1, idleTimeout: Infinity });
  });
}

/** Items/s of every round. */
export async function measureRaw(raw: RawCase): Promise<{ engine: number[]; bare: number[] }> {
  const { inputs, batch, workers, rounds, seconds } = raw;
  const pipeline = await loadPipeline(projectFile(`bench/overhead/${raw.pipeline}.yaml`));
  const [stage] = pipeline.stages;
  const pool = { hardware: 'cpu', device: 'cpu', threads: 1, batch, replicas: workers, maxWait: 0 } as const;
  const deployment = [{ name: 'model', stages: [stage!.name], pools: [pool] }];
  const engine = await Engine.start(pipeline, { deployment });
  const threads = startBare(raw, (stage!.params as { model: string }).model);
  const sum = async (duration: number) =>
    (await Promise.all(threads.map(thread => thread.run(duration)))).reduce((total, rate) => total + rate);
  const ways = (duration: number) => ({
    engine: () => engineRate(engine, inputs, batchesInFlight * batch * workers, duration),
    bare: () => sum(duration),
  });
  try {
    // ONNX Runtime's first runs of each shape are slower.
    await interleave(1, ways(seconds / 5));
    return await interleave(rounds, ways(seconds));
  } finally {
    await engine.close();
    await sum(0);
    await Promise.all(threads.map(thread => thread.destroy()));
  }
}
