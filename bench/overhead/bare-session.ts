/**
 * A piscina worker that runs a model over and over: stacks prepared inputs into a batch, runs it, takes the next. It
 * is told nothing between batches and sends no outputs, so it never waits. Its session has the options of the engine's.
 */
import ort from 'onnxruntime-node';
import { workerData } from 'piscina';

export interface BareModel {
  model: string;
  batch: number;
  shape: readonly number[][];
  /** Prepared inputs, a multiple of `batch` of them; those of one batch have the same shape. */
  inputs: readonly Float32Array[];
}

const { model, batch, shape, inputs } = workerData as unknown as BareModel;

const session = await ort.InferenceSession.create(model, {
  executionProviders: ['cpu'],
  graphOptimizationLevel: 'all',
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  logSeverityLevel: 3,
  extra: { session: { intra_op: { allow_spinning: '0' }, inter_op: { allow_spinning: '0' } } },
});
const scratch = new ArrayBuffer(batch * Math.max(...inputs.map(input => input.byteLength)));

async function runBatch(first: number): Promise<void> {
  const size = inputs[first]!.length;
  const stacked = new Float32Array(scratch, 0, batch * size);
  for (let place = 0; place < batch; place++) stacked.set(inputs[first + place]!, place * size);
  await session.run({
    [session.inputNames[0]!]: new ort.Tensor('float32', stacked, [batch, ...shape[first]!]),
  });
}

/** Runs all inputs again and again for some seconds and gives items/s; 0 seconds ends the session. */
export default async function run(seconds: number): Promise<number> {
  if (seconds === 0) {
    await session.release();
    return 0;
  }
  const start = performance.now();
  let items = 0;
  do {
    for (let first = 0; first < inputs.length; first += batch) await runBatch(first);
    items += inputs.length;
  } while (performance.now() - start < seconds * 1000);
  return (items / (performance.now() - start)) * 1000;
}
