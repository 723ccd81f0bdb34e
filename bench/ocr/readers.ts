/** Two ways from the path of a picture to the lines of text on it. */
import { readFile } from 'node:fs/promises';
import { Engine, loadPipeline, textOf } from '../../engine/index.ts';
import type { BytesTensor } from '../../operators/index.ts';
import { projectFile } from '../bench.ts';

export interface Reader {
  read(path: string): Promise<string[]>;
  close(): Promise<void>;
}

/** The OCR pipeline on the engine, deployed by default. */
export async function startOurs(): Promise<Reader> {
  const engine = await Engine.start(await loadPipeline(projectFile('pipelines/ocr')));
  return {
    async read(path) {
      const { outputs } = await engine.infer({ image: await readFile(path) });
      return (JSON.parse(textOf(outputs['lines'] as BytesTensor)) as { text: string }[]).map(
        ({ text }) => text,
      );
    },
    close: () => engine.close(),
  };
}

/** The library as its README has it, with the same models. */
export async function startPeer(): Promise<Reader> {
  const { default: Ocr } = await import('@gutenye/ocr-node');
  const ocr = (await Ocr.create()) as { detect(path: string): Promise<{ text: string }[]> };
  return {
    read: async path => (await ocr.detect(path)).map(({ text }) => text),
    close: async () => undefined,
  };
}
