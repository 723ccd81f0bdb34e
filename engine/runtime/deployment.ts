/** Which stages are deployed together and on what: by a plan, or by a written rule for this machine. */
import { MillraceError, type PortType } from '../../operators/index.ts';
import {
  builtinHardware,
  checkPlan,
  type BoundPipeline,
  type BoundStage,
  type HardwareType,
  type Plan,
} from '../../pipelines/index.ts';
import { groupStages } from './grouping.ts';
import type { PoolSetup } from './pool-options.ts';

/** The groups of a pipeline and their pools. */
export type Deployment = readonly {
  name: string;
  stages: readonly string[];
  pools: readonly PoolSetup[];
}[];

/** @throws MillraceError `invalid-pipeline` unless every stage of the pipeline is in one group, which has replicas */
export function checkDeployment(deployment: Deployment, { stages }: BoundPipeline): void {
  const wrong = (message: string, stage?: string) =>
    new MillraceError('invalid-pipeline', message, stage === undefined ? {} : { stage });
  const names = deployment.flatMap(group => group.stages);
  for (const { name } of stages) {
    const count = names.filter(other => other === name).length;
    if (count === 0) throw wrong(`no group has stage "${name}"`, name);
    if (count > 1) throw wrong(`stage "${name}" is in two groups`, name);
  }
  const unknown = names.find(name => stages.every(stage => stage.name !== name));
  if (unknown !== undefined) throw wrong(`there is no stage "${unknown}"`);
  for (const { name, pools } of deployment) {
    if (pools.every(({ replicas }) => replicas === 0)) throw wrong(`group "${name}" has no replicas`);
  }
}

/** Hardware types by name, as a hardware file defines them. */
export type HardwareTypes = Readonly<Record<string, HardwareType>>;

/**
 * A hardware type: as defined in `types`, or one that needs no definition (`cpu`, `cpu-2`, a device's own name).
 * @throws MillraceError `invalid-pipeline` naming the types there are
 */
function findHardware(name: string, types: HardwareTypes): HardwareType {
  const found = (Object.hasOwn(types, name) ? types[name] : undefined) ?? builtinHardware(name);
  if (found) return found;
  const known = [...Object.keys(types), 'cpu', 'cpu-N', 'cuda', 'tensorrt', 'webgpu', 'directml', 'coreml'];
  throw new MillraceError(
    'invalid-pipeline',
    `no hardware type "${name}" is defined; there are ${known.join(', ')}`,
  );
}

/**
 * What a plan says, as the engine runs it.
 * @throws MillraceError `invalid-pipeline` if the plan does not fit the pipeline or names unknown hardware
 */
export function deployPlan(pipeline: BoundPipeline, plan: Plan, types: HardwareTypes = {}): Deployment {
  const [mistake] = checkPlan(plan, pipeline);
  if (mistake) throw new MillraceError('invalid-pipeline', mistake.message);
  return plan.groups.map(({ name, stages, pools }) => ({
    name,
    stages,
    pools: pools.map(pool => {
      const { device, threads } = findHardware(pool.hardware, types);
      return { ...pool, device, threads };
    }),
  }));
}

/** What a default deployment is made for. */
export interface Machine {
  /** Processor cores to use. */
  cores: number;
  /** Hardware type that heavy stages run on; by default the processor, with threads by the rule. */
  hardware?: { name: string } & HardwareType;
}

/** More replicas or threads than this are for a plan to decide: each holds its own copy of the models. */
const mostReplicas = 4;

/** Items a batch may hold where all inputs are of fixed shapes, so that they stack. */
const stackedBatch = { cpu: 4, gpu: 8 };

/**
 * The same for stages with state. A batch holds one item of each sequence, so it is only this big where so many streams
 * run side by side: then passing items on costs more than running them, the more so the fewer there are in a batch.
 */
const statefulBatch = 128;

function isFixed(type: PortType | undefined): boolean {
  return type?.shape?.every(size => typeof size === 'number' && size >= 0) ?? false;
}

function hasState(stage: BoundStage): boolean {
  return Object.keys(stage.state).length > 0;
}

/** Whether all that a stage is given has the same shape from query to query. */
function stacks(pipeline: BoundPipeline, stage: BoundStage): boolean {
  const types = new Map<string, PortType>(
    pipeline.stages.flatMap(({ name, ports }) =>
      Object.entries(ports.outputs).map(([port, type]) => [`${name}.${port}`, type] as const),
    ),
  );
  if (!Object.keys(stage.state).every(input => isFixed(stage.ports.inputs[input]))) return false;
  return Object.values(stage.inputs)
    .flat()
    .flatMap(reference => (reference.kind === 'item' ? (stage.each?.[reference.name] ?? []) : [reference]))
    .every(reference => {
      if (reference.kind === 'input') return isFixed(pipeline.inputs[reference.name]);
      return reference.kind === 'port' && isFixed(types.get(`${reference.stage}.${reference.port}`));
    });
}

/**
 * A deployment where no plan was made. The rule, for a group with a heavy stage on a processor: a replica per core, so
 * that queries and items run side by side; one thread each if it runs per item, else one per core, so that a lone query
 * has the whole machine; batches of four where the heavy stage's inputs stack, else of one. Light groups have one
 * replica. On a GPU, heavy stages have one replica each and batches of eight; what is light stays on the processor, so
 * that the device never waits for it, with a replica per core. Where a stage has state, batches of four or eight are of
 * 128.
 */
export function defaultDeployment(pipeline: BoundPipeline, machine: Machine): Deployment {
  const cores = Math.max(1, Math.min(mostReplicas, machine.cores));
  const onGpu = (machine.hardware?.device ?? 'cpu') !== 'cpu';
  return groupStages(pipeline, onGpu).map(names => {
    const stages = names.map(name => pipeline.stages.find(stage => stage.name === name)!);
    const heavy = stages.filter(({ cost }) => cost === 'heavy');
    const hardware =
      onGpu && heavy.length === 0 ? ({ name: 'cpu', device: 'cpu', threads: 1 } as const) : machine.hardware;
    const device = hardware?.device ?? 'cpu';
    const perItem = stages[0]!.each !== null;
    const threads = hardware?.threads ?? (heavy.length === 0 || perItem ? 1 : cores);
    const several = stages.some(hasState) ? statefulBatch : stackedBatch[device === 'cpu' ? 'cpu' : 'gpu'];
    const batch = heavy.every(stage => stacks(pipeline, stage)) ? several : 1;
    const pool: PoolSetup = {
      hardware: hardware?.name ?? (threads === 1 ? 'cpu' : `cpu-${threads}`),
      device,
      threads,
      batch,
      replicas: device === 'cpu' && (heavy.length > 0 || onGpu) ? cores : 1,
      maxWait: 0,
    };
    return { name: names.join('+'), stages: names, pools: [pool] };
  });
}
