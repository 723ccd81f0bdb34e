/** How fast and how well the OCR pipeline reads, beside the library a user of Node would take for it. */
import type { Bench } from '../bench.ts';
import { interleave, median, ratios, spread, time } from '../measure.ts';
import { figure, showProgress, summary } from '../report.ts';
import { startOurs, startPeer, type Reader } from './readers.ts';
import { picturePath, truth } from './samples.ts';
import { linesRight } from './text.ts';

/** Pictures that both can read: the peer knows nothing of upside-down ones, and has no lines to find on an empty one. */
const readable = ['receipt.png', 'skewed.jpg'];

/** Pictures/s of a reader that has `inFlight` of `pictures` under way. */
async function throughput(reader: Reader, pictures: readonly string[], inFlight: number): Promise<number> {
  const left = [...pictures];
  const client = async () => {
    for (let name = left.shift(); name; name = left.shift()) await reader.read(picturePath(name));
  };
  const elapsed = await time(() => Promise.all(Array.from({ length: inFlight }, client)));
  return (pictures.length / elapsed) * 1000;
}

/** How many of each picture's lines each reader reads. */
async function compareText(ours: Reader, peer: Reader, pictures: readonly string[]) {
  const right = [];
  for (const name of pictures) {
    const lines = truth[name]!;
    const count = async (reader: Reader) => linesRight(lines, await reader.read(picturePath(name)));
    right.push({ name, lines: lines.length, ours: await count(ours), peer: await count(peer) });
  }
  return right;
}

/** One picture at a time; rounds of milliseconds by picture. */
async function compareLatency(ours: Reader, peer: Reader, pictures: readonly string[], rounds: number) {
  const times = [];
  for (const name of pictures) {
    showProgress(`latency, ${name}…`);
    const read = (reader: Reader) => () => time(() => reader.read(picturePath(name)));
    times.push({ name, ...(await interleave(rounds, { ours: read(ours), peer: read(peer) })) });
  }
  return times;
}

export const bench: Bench = async ({ quick }) => {
  const timed = quick ? readable.slice(0, 1) : readable;
  showProgress('starting…');
  const [ours, peer] = [await startOurs(), await startPeer()];
  try {
    // Comes first: it also warms both up, with every picture.
    const text = await compareText(ours, peer, quick ? timed : Object.keys(truth));
    const latency = await compareLatency(ours, peer, timed, quick ? 1 : 11);
    const pictures = Array.from({ length: quick ? 1 : 20 }, (_, index) => timed[index % timed.length]!);
    showProgress(`${pictures.length} pictures…`);
    // The peer blocks the thread it runs in, but it may decode the next picture meanwhile: its better figure counts.
    const rates = await interleave(quick ? 1 : 3, {
      ours: () => throughput(ours, pictures, 4),
      alone: () => throughput(peer, pictures, 1),
      several: () => throughput(peer, pictures, 4),
    });
    const best = median(rates.several) > median(rates.alone) ? rates.several : rates.alone;
    const total = (reader: 'ours' | 'peer') => latency.reduce((sum, times) => sum + median(times[reader]), 0);
    return {
      figures: {
        latency_ratio: figure(total('ours') / total('peer')),
        throughput_ratio: figure(median(ratios(rates.ours, best))),
        same_text: text.every(picture => picture.ours >= picture.peer),
        spread: {
          latency_ratio: spread(latency.flatMap(times => ratios(times.ours, times.peer))),
          throughput_ratio: spread(ratios(rates.ours, best)),
        },
      },
      tables: [
        {
          title: 'lines read right',
          headings: ['', 'lines', 'ours', 'peer'],
          rows: text.map(({ name, lines, ours, peer }) => [name, ...[lines, ours, peer].map(String)]),
        },
        {
          title: 'one picture at a time (ms)',
          headings: ['', 'ours', 'spread', 'peer', 'spread', 'ratio'],
          rows: latency.map(({ name, ours, peer }) => [
            name,
            ...summary(ours, 0),
            ...summary(peer, 0),
            (median(ours) / median(peer)).toFixed(3),
          ]),
        },
        {
          title: `${pictures.length} pictures, the same ${timed.length} in turns (pictures/s)`,
          headings: ['', 'median', 'spread'],
          rows: [
            ['ours, 4 in flight', ...summary(rates.ours, 2)],
            ['peer, 1 in flight', ...summary(rates.alone, 2)],
            ['peer, 4 in flight', ...summary(rates.several, 2)],
          ],
        },
      ],
    };
  } finally {
    await ours.close();
  }
};
