/** A value for each input that the pipeline answers as it is: a request to begin with. */
import { sizeOf, zeros, type Tensor } from '../../../operators/index.ts';
import type { BoundPipeline } from '../../../pipelines/index.ts';
import { writeValue } from '../tensorflow-serving/write.ts';

export interface InputExample {
  tensor: Tensor;
  /** Media type of its only element, where it is BYTES. */
  media: string;
}

/** Elements of the largest example: a page of documentation is to be read. */
const most = 1000;

/** 28 × 28 white pixels. */
const png =
  'iVBORw0KGgoAAAANSUhEUgAAABwAAAAcAQMAAABIw03XAAAAA1BMVEX///+nxBvIAAAACXBIWXMAAAPoAAAD6AG1e1JrAAAADElEQVQI12NgGDwAAACMAAFT0mTUAAAAAElFTkSuQmCC';
/** Two milliseconds of silence at 16 kHz: 32 samples of 16 bits. */
const wav = `UklGRmQAAABXQVZFZm10IBAAAAABAAEAgD4AAAB9AAACABAAZGF0YU${'A'.repeat(90)}`;

/** What the operators that read a kind of file can read. */
const files: Readonly<Record<string, { media: string; base64: string }>> = {
  'image/decode': { media: 'image/png', base64: png },
  'audio/decode': { media: 'audio/wav', base64: wav },
};

function fileFor({ stages }: BoundPipeline, input: string): { media: string; bytes: Uint8Array } {
  const reader = stages.find(
    ({ operator, inputs }) =>
      Object.hasOwn(files, operator) &&
      Object.values(inputs).some(sources =>
        sources.some(source => source.kind === 'input' && source.name === input),
      ),
  );
  if (!reader) return { media: 'text/plain', bytes: new TextEncoder().encode('text') };
  const { media, base64 } = files[reader.operator]!;
  return { media, bytes: Buffer.from(base64, 'base64') };
}

function exampleOf(pipeline: BoundPipeline, name: string): InputExample | null {
  const { datatype, shape = [1] } = pipeline.inputs[name]!;
  const sizes = shape.map(size => (typeof size === 'number' && size >= 0 ? size : 1));
  if (sizeOf(sizes) > most || datatype === 'ANY') return null;
  if (datatype !== 'BYTES') return { tensor: zeros(datatype, sizes), media: 'application/json' };
  const { media, bytes } = fileFor(pipeline, name);
  const data = Array.from({ length: sizeOf(sizes) }, () => bytes);
  return { tensor: { datatype, shape: sizes, data }, media };
}

/** Examples of all inputs; null if one of them is too large to be shown. */
export function inputExamples(pipeline: BoundPipeline): Record<string, InputExample> | null {
  const examples: Record<string, InputExample> = {};
  for (const name of Object.keys(pipeline.inputs)) {
    const example = exampleOf(pipeline, name);
    if (!example) return null;
    examples[name] = example;
  }
  return examples;
}

/** An example in JSON, nested by its shape; a file is `{ b64 }`, and by itself where it is the only element. */
export function shown({ tensor, media }: InputExample): unknown {
  const name = media === 'text/plain' ? '' : '_bytes';
  const value: unknown = JSON.parse(writeValue(name, tensor));
  const isOne = tensor.datatype === 'BYTES' && tensor.shape.length === 1 && tensor.data.length === 1;
  return isOne ? (value as unknown[])[0] : value;
}
