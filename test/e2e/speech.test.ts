import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { toPlain, type Engine, type Value } from 'millrace';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { start } from './support/engine.ts';
import { answers, millrace } from './support/millrace.ts';
import { distance, goldenOf, readJson, samplesOf, shipped } from './support/pipelines.ts';
import { wavOf } from './support/wav.ts';

interface Segment {
  start: number;
  end: number;
}
interface Event {
  type: 'start' | 'end';
  at: number;
}
interface Found {
  segments: Segment[];
  events: Event[];
}

const truth = readJson<Record<string, Segment[]>>(shipped('speech', 'samples', 'truth.json'));
const sixteen = samplesOf('speech').filter(sample => sample in truth);

async function segmentsOf(sample: string): Promise<Segment[]> {
  const [line] = await answers(['pipelines/speech', '--input', `audio=@pipelines/speech/samples/${sample}`]);
  return line!.outputs['segments'] as Segment[];
}

const plain = (value: Value) => toPlain(value, { datatype: 'BYTES', content: 'application/json' });

/** Starts and ends in seconds. */
function times(segments: readonly Segment[]): number[] {
  return segments.flatMap(({ start, end }) => [start, end]);
}

describe('speech', () => {
  it('has a recording with speech and one without', () => {
    expect(sixteen).toEqual(['silence.wav', 'two-sentences.wav']);
  });

  it.each(sixteen)('finds in %s what it always found, and what is there', async sample => {
    const found = times(await segmentsOf(sample));
    expect(distance(found, times(goldenOf<{ segments: Segment[] }>('speech', sample).segments))).toBeLessThan(
      0.05,
    );
    expect(distance(found, times(truth[sample]!))).toBeLessThan(0.15);
  });

  it('finds no speech in silence', async () => {
    expect(await segmentsOf('silence.wav')).toEqual([]);
  });

  describe('of a stream', () => {
    const file = readFileSync(shipped('speech', 'samples', 'two-sentences.wav'));
    const pcm = file.subarray(44);
    let engine: Engine;
    /** What is found in the whole file. */
    let whole: Found;
    let streams = 0;
    beforeAll(async () => {
      engine = await start('pipelines/speech');
      [whole] = (await answersTo([file])) as [Found];
    });
    afterAll(() => engine.close());

    /** What is found in each piece of a stream, which ends with them. */
    async function answersTo(pieces: readonly Uint8Array[]): Promise<Found[]> {
      const id = `stream ${streams++}`;
      return Promise.all(
        pieces.map(async (audio, index) => {
          const end = index === pieces.length - 1;
          const { outputs } = await engine.infer({ audio }, { sequence: { id, end } });
          return { segments: plain(outputs['segments']!), events: plain(outputs['events']!) } as Found;
        }),
      );
    }

    /** `bytes` cut at these places. */
    function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
      const all = [0, ...[...places].sort((a, b) => a - b), bytes.length];
      return all.slice(1).map((end, index) => bytes.subarray(all[index], end));
    }

    async function expectTheSame(pieces: readonly Uint8Array[]): Promise<void> {
      const answers = await answersTo(pieces);
      expect(answers.flatMap(({ segments }) => segments)).toEqual(whole.segments);
      expect(answers.flatMap(({ events }) => events)).toEqual(whole.events);
    }

    it('finds what it finds in the whole recording, whatever the pieces', async () => {
      const inHead = fc.array(fc.nat(44), { maxLength: 3 });
      const anywhere = fc.array(fc.nat(pcm.length), { minLength: 1, maxLength: 40 });
      await fc.assert(
        fc.asyncProperty(inHead, anywhere, async (early, late) => {
          await expectTheSame(cut(file, [...early, ...late.map(place => place + 44)]));
          await expectTheSame(cut(pcm, late));
        }),
        { numRuns: 5 },
      );
    });

    it('takes pieces that are WAV files each', async () => {
      // Cut within each sentence, and where no frame ends.
      const pieces = cut(pcm, [70_002, 160_004]).map(piece => wavOf(piece));
      const answers = await answersTo(pieces);
      expect(answers.map(({ segments }) => segments.length)).toEqual([0, 1, 1]);
      expect(answers.flatMap(({ segments }) => segments)).toEqual(whole.segments);
    });

    it('answers with what a frame made certain the piece that completed the frame', async () => {
      const half = 512;
      const places = Array.from(
        { length: Math.ceil(pcm.length / half) - 1 },
        (_, index) => (index + 1) * half,
      );
      const answers = await answersTo(cut(pcm, places));
      // Speech is certain with its eighth frame, an end with the fifth frame of silence; both are 30 ms off, padded.
      const frame = 0.032;
      const certain = ({ type, at }: Event) =>
        Math.round(type === 'start' ? (at + 0.03) / frame + 7 : (at - 0.03) / frame + 4);
      const told = answers.flatMap(({ events }, piece) => events.map(event => ({ ...event, piece })));
      expect(told).toEqual(whole.events.map(event => ({ ...event, piece: 2 * certain(event) + 1 })));
    });

    it('keeps streams that come side by side apart', async () => {
      const silence = readFileSync(shipped('speech', 'samples', 'silence.wav'));
      const recordings = [file, silence, file, silence];
      const found = await Promise.all(recordings.map(each => answersTo(cut(each, [10, 30_001, 60_002]))));
      expect(found.map(answers => answers.flatMap(({ events }) => events))).toEqual([
        whole.events,
        [],
        whole.events,
        [],
      ]);
    });

    it('ends what is open with an empty piece, and says nothing to pieces without an event', async () => {
      const [speaking] = cut(pcm, [80_000]);
      const answers = await answersTo([
        speaking!.subarray(0, 10_000),
        speaking!.subarray(10_000),
        Buffer.alloc(0),
      ]);
      expect(answers.map(({ events }) => events.map(({ type }) => type))).toEqual([[], ['start'], ['end']]);
    });
  });

  it('refuses a recording at another rate, naming both', async () => {
    const input = 'audio=@pipelines/speech/samples/eight-khz.wav';
    const { status, stdout, stderr } = await millrace(['run', 'speech', '--input', input]);
    expect(status).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/invalid-input: .*\b8000\b.*\b16000\b/);
  });
});
