/** Whether memory grows while the engine reads pictures. */
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Engine, loadPipeline } from '../../engine/index.ts';
import { projectFile, type Bench } from '../bench.ts';
import { median } from '../measure.ts';
import { figure, showProgress } from '../report.ts';

/** Pictures of several sizes, with and without text, so that every buffer is asked for in several sizes too. */
const pictures = ['upside-down.png', 'receipt.png', 'empty.png', 'skewed.jpg'];

/** As many queries as keep every replica busy. */
const inFlight = 4;

const kinds = ['rss', 'heapUsed', 'external', 'arrayBuffers'] as const;
type Usage = Record<(typeof kinds)[number], number>;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Median of ten readings, each after a forced collection. */
async function readMemory(): Promise<Usage> {
  const readings: Usage[] = [];
  while (readings.length < 10) {
    collect();
    await sleep(50);
    readings.push(process.memoryUsage());
  }
  const middle = (kind: keyof Usage) => median(readings.map(reading => reading[kind]));
  return {
    rss: middle('rss'),
    heapUsed: middle('heapUsed'),
    external: middle('external'),
    arrayBuffers: middle('arrayBuffers'),
  };
}

export const bench: Bench = async ({ quick }) => {
  // The ratio is of what is resident after `early` queries and after all of them.
  const [step, early, all] = quick ? [4, 4, 8] : [200, 200, 2000];
  const images = await Promise.all(
    pictures.map(name => readFile(projectFile(`pipelines/ocr/samples/${name}`))),
  );
  const engine = await Engine.start(await loadPipeline(projectFile('pipelines/ocr')));
  const points: { queries: number; held: number; usage: Usage }[] = [];
  let sent = 0;
  const client = async (upTo: number) => {
    while (sent < upTo) {
      await engine.infer({ image: images[sent++ % images.length]! });
      showProgress(`${sent} of ${all} queries`);
    }
  };
  try {
    for (let queries = step; queries <= all; queries += step) {
      await Promise.all(Array.from({ length: inFlight }, () => client(queries)));
      points.push({ queries, held: engine.status().bytes, usage: await readMemory() });
    }
  } finally {
    await engine.close();
  }
  const [first, last] = [points.find(({ queries }) => queries === early)!, points.at(-1)!];
  const mebibytes = (value: number) => (value / 2 ** 20).toFixed(1);
  return {
    figures: {
      growth: figure(last.usage.rss / first.usage.rss),
      rss: points.map(({ usage }) => usage.rss),
    },
    tables: [
      {
        title: 'memory with no query in flight (MiB)',
        headings: ['queries', ...kinds, 'held by queries'],
        rows: points.map(({ queries, held, usage }) => [
          String(queries),
          ...kinds.map(kind => mebibytes(usage[kind])),
          mebibytes(held),
        ]),
      },
    ],
  };
};
