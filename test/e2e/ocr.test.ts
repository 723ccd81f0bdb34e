import { beforeAll, describe, expect, it } from 'vitest';
import { answers, millrace, type Line } from './support/millrace.ts';
import { distance, goldenOf, readJson, samplesOf, shipped } from './support/pipelines.ts';

interface Outputs {
  lines: { text: string; score: number; box: [number, number][] }[];
}

const samples = samplesOf('ocr');
const truth = readJson<Record<string, string[]>>(shipped('ocr', 'samples', 'truth.json'));

describe('ocr', () => {
  let read: Map<string, Line & { outputs: Outputs }>;

  beforeAll(async () => {
    const lines = await answers(['pipelines/ocr', '--input', 'image=@pipelines/ocr/samples/*.{png,jpg}']);
    read = new Map(samples.map((sample, index) => [sample, lines[index] as Line & { outputs: Outputs }]));
  });

  it('has a sample for each kind of picture', () => {
    expect(samples).toEqual(['empty.png', 'receipt.png', 'skewed.jpg', 'upside-down.png']);
    expect(Object.keys(truth).sort()).toEqual(samples);
  });

  it.each(samples)('reads %s without a mistake', sample => {
    expect(read.get(sample)!.outputs.lines.map(({ text }) => text)).toEqual(truth[sample]);
  });

  it.each(samples)('gives for %s what it always gave', sample => {
    const { lines } = read.get(sample)!.outputs;
    const golden = goldenOf<Outputs>('ocr', sample).lines;
    const numbers = (of: Outputs['lines']) => ({
      texts: of.map(({ text }) => text),
      scores: of.map(({ score }) => score),
      corners: of.flatMap(({ box }) => box.flat()),
    });
    expect(numbers(lines).texts).toEqual(numbers(golden).texts);
    expect(distance(numbers(lines).scores, numbers(golden).scores)).toBeLessThan(0.01);
    expect(distance(numbers(lines).corners, numbers(golden).corners)).toBeLessThan(1);
  });

  it('gives no lines and no error for an empty page, and runs no item for it', async () => {
    const { status, stderr } = await millrace([
      'run',
      'ocr',
      '--input',
      'image=@pipelines/ocr/samples/empty.png',
    ]);
    expect(status).toBe(0);
    expect(stderr).toContain('lines: none');
    const { stages } = read.get('empty.png')!;
    expect(stages.filter(({ items }) => items === 0).map(({ name }) => name)).toEqual([
      'orient',
      'rotate',
      'read',
      'text',
    ]);
  });

  it('runs one item per line', () => {
    const items = read.get('receipt.png')!.stages.map(({ name, items: count }) => [name, count]);
    expect(Object.fromEntries(items)).toMatchObject({
      detect: 1,
      orient: 9,
      rotate: 9,
      read: 9,
      text: 9,
      assemble: 1,
    });
  });
});
