import { readFileSync } from 'node:fs';
import { toPlain } from 'millrace';
import { describe, expect, it } from 'vitest';
import { start } from './support/engine.ts';
import { answers, millrace } from './support/millrace.ts';
import { distance, goldenOf, readJson, samplesOf, shipped } from './support/pipelines.ts';
import { wavOf } from './support/wav.ts';

interface Segment {
  start: number;
  end: number;
}

const truth = readJson<Record<string, Segment[]>>(shipped('speech', 'samples', 'truth.json'));
const sixteen = samplesOf('speech').filter(sample => sample in truth);

async function segmentsOf(sample: string): Promise<Segment[]> {
  const [line] = await answers(['pipelines/speech', '--input', `audio=@pipelines/speech/samples/${sample}`]);
  return line!.outputs['segments'] as Segment[];
}

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

  it('finds in a recording sent in pieces what it finds in the whole', async () => {
    const samples = readFileSync(shipped('speech', 'samples', 'two-sentences.wav')).subarray(44);
    const engine = await start('pipelines/speech');
    const found: Segment[][] = [];
    // Cut within each sentence, and where no frame ends.
    for (const [from, to] of [
      [0, 70_002],
      [70_002, 160_004],
      [160_004, samples.length],
    ]) {
      const end = to === samples.length;
      const piece = { audio: wavOf(samples.subarray(from, to)) };
      const { outputs } = await engine.infer(piece, { sequence: { id: 'recording', end } });
      found.push(
        toPlain(outputs['segments']!, { datatype: 'BYTES', content: 'application/json' }) as Segment[],
      );
    }
    await engine.close();
    expect(found.map(({ length }) => length)).toEqual([0, 1, 1]);
    const golden = goldenOf<{ segments: Segment[] }>('speech', 'two-sentences.wav').segments;
    expect(distance(times(found.flat()), times(golden))).toBeLessThan(0.05);
  });

  it('refuses a recording at another rate, naming both', async () => {
    const input = 'audio=@pipelines/speech/samples/eight-khz.wav';
    const { status, stdout, stderr } = await millrace(['run', 'speech', '--input', input]);
    expect(status).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/invalid-input: .*\b8000\b.*\b16000\b/);
  });
});
