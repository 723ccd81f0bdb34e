/** Random pipelines: stages in a row, with branches, fan-outs and joins among them. */
import { parsePipeline, type Pipeline } from '../../pipelines/index.ts';
import type { Scale } from '../../planner/index.ts';
import type { Random } from './random.ts';

export type Shape = 'chain' | 'branch' | 'fan-out' | 'join';

export interface ShapedPipeline {
  pipeline: Pipeline;
  /** Items per query, by stage. */
  scales: ReadonlyMap<string, Scale>;
}

interface ShapedStage {
  yaml: string;
  /** Items of each observed query; undefined: one each. */
  samples?: readonly number[];
}

/** Queries that were observed for branches and fan-outs. */
const observed = 97;

/** The stages that each kind of segment takes, from the one called `s${first}`, behind the stage `before`. */
const segments: Readonly<Record<Shape, (before: string, first: number, random: Random) => ShapedStage[]>> = {
  chain: before => [{ yaml: `inputs: { in: ${before}.out }` }],
  branch: (before, first, random) => {
    const share = random.between(0.2, 0.7);
    return [
      {
        yaml: `when: ${before}.code == 1, inputs: { in: ${before}.out }`,
        samples: Array.from({ length: observed }, () => (random.chance(share) ? 1 : 0)),
      },
      { yaml: `inputs: { in: [s${first}.out, ${before}.out] }` },
    ];
  },
  'fan-out': (before, first, random) => {
    const most = random.between(3, 9);
    return [
      {
        yaml: `each: ${before}.items, inputs: { in: item }`,
        samples: Array.from({ length: observed }, () => Math.floor(random.between(0, most))),
      },
      { yaml: `inputs: { in: s${first}.out }` },
    ];
  },
  join: (before, first) => [
    { yaml: `inputs: { in: ${before}.out }` },
    { yaml: `inputs: { in: ${before}.out }` },
    { yaml: `inputs: { a: s${first}.out, b: s${first + 1}.out }` },
  ],
};

const sizes: Readonly<Record<Shape, number>> = { chain: 1, branch: 2, 'fan-out': 2, join: 3 };

/**
 * A pipeline of so many stages, with one segment of the shape, or as many as half of the stages are.
 * @param count stages; at least one more than the shape's segment takes
 */
export function shapedPipeline(name: string, shape: Shape, count: number, random: Random): ShapedPipeline {
  const stages: ShapedStage[] = [{ yaml: 'inputs: { in: inputs.in }' }];
  while (stages.length < count) {
    const room = count - stages.length;
    const wanted = stages.length === 1 || random.chance(0.5) ? shape : 'chain';
    const kind = sizes[wanted] <= room ? wanted : 'chain';
    stages.push(...segments[kind](`s${stages.length - 1}`, stages.length, random));
  }
  const text = [
    'millrace: pipeline/1',
    `name: ${name}`,
    'inputs: { in: { datatype: FP32, shape: [1] } }',
    'stages:',
    ...stages.map(({ yaml }, s) => `  s${s}: { operator: x, ${yaml} }`),
    `outputs: { out: s${count - 1}.out }`,
    '',
  ];
  const { pipeline, diagnostics } = parsePipeline(text.join('\n'));
  if (!pipeline) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
  // Samples of all stages are of the same queries.
  const anySampled = stages.some(({ samples }) => samples);
  const always = anySampled ? Array.from({ length: observed }, () => 1) : [];
  const scales = stages.map(({ samples = always }, s): [string, Scale] => [`s${s}`, scaleOf(samples)]);
  return { pipeline, scales: new Map(scales) };
}

/** @param samples items of each observed query; empty: one each */
export function scaleOf(samples: readonly number[]): Scale {
  const mean = samples.reduce((sum, count) => sum + count, 0) / samples.length;
  return { mean: samples.length === 0 ? 1 : mean, samples };
}
