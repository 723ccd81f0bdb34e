import { fileURLToPath } from 'node:url';
import { isList, textOf, type BytesTensor, type Value } from '../../operators/index.ts';
import { checkText, type BoundPipeline } from '../../pipelines/index.ts';
import { Engine, localReplicas, type Deployment, type EngineOptions } from '../../engine/index.ts';
import { VirtualClock } from './virtual-clock.ts';

const directory = fileURLToPath(new URL('.', import.meta.url));

/** A pipeline from its stages and outputs in YAML, with one input `text`, a text unless told otherwise. */
export async function pipelineOf(
  stages: string,
  outputs: string,
  input = '{ datatype: BYTES, shape: [1] }',
): Promise<BoundPipeline> {
  const text = `millrace: pipeline/1
name: test
slo: { p99: 1 s }
inputs: { text: ${input} }
stages:
${stages}
outputs: ${outputs}
`;
  const { pipeline, diagnostics } = await checkText(text, { directory });
  if (!pipeline) throw new Error(diagnostics.map(({ code, message }) => `${code}: ${message}`).join('\n'));
  return pipeline;
}

/** One group per stage, or as given, with one pool of local replicas each. */
export function deploymentOf(
  pipeline: BoundPipeline,
  {
    groups,
    batch = 1,
    replicas = 1,
    maxWait = 0,
  }: { groups?: string[][]; batch?: number; replicas?: number; maxWait?: number } = {},
): Deployment {
  return (groups ?? pipeline.stages.map(({ name }) => [name])).map(stages => ({
    name: stages.join('+'),
    stages,
    pools: [{ hardware: 'cpu', device: 'cpu', threads: 1, batch, replicas, maxWait }],
  }));
}

/** An engine in this thread, driven by a virtual clock. */
export async function startVirtual(
  pipeline: BoundPipeline,
  options: EngineOptions & {
    batch?: number;
    groups?: string[][];
    pool?: { replicas?: number; maxWait?: number };
  } = {},
): Promise<{ engine: Engine; clock: VirtualClock }> {
  const clock = new VirtualClock();
  const { batch = 1, groups, pool, ...rest } = options;
  const deployment = deploymentOf(pipeline, { batch, ...(groups && { groups }), ...pool });
  const engine = await Engine.start(pipeline, { clock, replicas: localReplicas(clock), deployment, ...rest });
  return { engine, clock };
}

/** A value as text, a list as texts; undefined where there is none. */
export function textsOf(value: Value | undefined): string | string[] | undefined {
  if (value === undefined) return undefined;
  return isList(value) ? value.map(item => textOf(item as BytesTensor)) : textOf(value as BytesTensor);
}

/** What an idle engine's status is. */
export function isAtRest(engine: Engine): boolean {
  const { queries, bytes, groups } = engine.status();
  return (
    queries === 0 &&
    bytes === 0 &&
    groups.every(({ waiting, pools }) => waiting === 0 && pools.every(({ busy }) => busy === 0))
  );
}
