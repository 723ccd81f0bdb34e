/** Systems to fit, put together by hand. */
import { parsePipeline, type Hardware } from '../../../pipelines/index.ts';
import { makeSystem, type Part, type Profile } from '../../../planner/index.ts';

/** Milliseconds of a batch by its size. */
export type Times = Readonly<Record<number, number>>;

export const oneCore: Hardware = {
  types: { cpu: { device: 'cpu', threads: 1 } },
  limits: {},
  hosts: { here: { cores: 1, types: ['cpu'] } },
};

/**
 * A pipeline of stages in a row, with constant service times on each hardware type.
 *
 * @param times by hardware type, and by stage
 * @param limit of the 99th percentile
 */
export function partOf(
  name: string,
  times: Readonly<Record<string, Readonly<Record<string, Times>>>>,
  hardware: Hardware,
  { limit, share = 1 }: { limit: number; share?: number },
): Part {
  const stages = [...new Set(Object.values(times).flatMap(stages => Object.keys(stages)))];
  const lines = stages.map(
    (stage, s) =>
      `  ${stage}: { operator: emulate, inputs: { in: ${s === 0 ? 'inputs.x' : `${stages[s - 1]}.out`} } }`,
  );
  const text = `millrace: pipeline/1
name: ${name}
slo: { p99: ${limit} ms }
inputs: { x: { datatype: BYTES, shape: [1] } }
stages:
${lines.join('\n')}
outputs: { y: ${stages.at(-1)}.out }
`;
  const { pipeline, diagnostics } = parsePipeline(text);
  if (!pipeline) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
  const profiles = Object.entries(times).map(([type, ofStage]): Profile => ({
    pipeline: name,
    hardware: type,
    host: {},
    engine: { query: 0, hop: 0, wake: 0 },
    stages: Object.fromEntries(
      Object.entries(ofStage).map(([stage, byBatch]) => [
        stage,
        {
          scale: { mean: 1, samples: [] },
          batches: Object.entries(byBatch).map(([batch, mean]) => ({
            batch: Number(batch),
            mean,
            quantiles: [],
          })),
        },
      ]),
    ),
  }));
  return { system: makeSystem(pipeline, profiles, hardware), slo: pipeline.slo, share };
}
