/** Every operator that a pipeline can name without a file of its own, loaded when first asked for. */
import type { Operator } from './contract.ts';

type Load = () => Promise<Operator>;

export const builtinOperators: Readonly<Record<string, Load>> = {
  'audio/decode': async () => (await import('./audio/decode.ts')).operator,
  'audio/frames': async () => (await import('./audio/frames.ts')).operator,
  'audio/segments': async () => (await import('./audio/segments.ts')).operator,
  emulate: async () => (await import('./emulate.ts')).operator,
  'image/decode': async () => (await import('./image/decode.ts')).operator,
  'image/fit': async () => (await import('./image/fit.ts')).operator,
  'image/normalise': async () => (await import('./image/normalise.ts')).operator,
  'json/assemble': async () => (await import('./json/assemble.ts')).operator,
  'ocr/boxes': async () => (await import('./ocr/boxes.ts')).operator,
  'ocr/crop': async () => (await import('./ocr/crop.ts')).operator,
  'ocr/order': async () => (await import('./ocr/order.ts')).operator,
  'ocr/rotate': async () => (await import('./ocr/rotate.ts')).operator,
  'ocr/text': async () => (await import('./ocr/text.ts')).operator,
  onnx: async () => (await import('./onnx/operator.ts')).operator,
  'remote/infer': async () => (await import('./remote/infer.ts')).operator,
  softmax: async () => (await import('./softmax.ts')).operator,
  threshold: async () => (await import('./threshold.ts')).operator,
  topk: async () => (await import('./topk.ts')).operator,
};
