/** What plans are made from: a pipeline, what was measured of its stages, and the hardware there is. */
import { devicesInTurns, MillraceError, ServiceDistribution } from '../operators/index.ts';
import {
  builtinHardware,
  type Group,
  type Hardware,
  type HardwareType,
  type Pipeline,
} from '../pipelines/index.ts';
import { amongOthers, whenCrowded } from './profile/interference.ts';
import { pausesOf, type EngineCost, type Profile, type Rested, type Scale } from './profile/profile.ts';
import {
  speedOf,
  type RestedPool,
  type SimulatedDeployment,
  type SimulatedEngine,
  type SimulatedHost,
  type SimulatedPool,
} from './simulation/deployment.ts';
import { structureOf, type Structure } from './simulation/structure.ts';

export interface System {
  pipeline: Pipeline;
  hardware: Hardware;
  structure: Structure;
  /** Of the main thread: the dearest of all profiles. It runs on the hardware's host, where there is only one. */
  engine: SimulatedEngine;
  /** Names of the hardware types that a profile covers, in the order of the hardware file. */
  types: readonly string[];
  /** The hardware's hosts; then the devices whose replicas take turns, one for all hardware types of it. */
  hosts: readonly SimulatedHost[];
  /** Which of `hosts` replicas of a hardware type share; -1: none. */
  hostOf(hardware: string): number;
  typeOf(hardware: string): HardwareType | undefined;
  /** Service times of a stage; undefined where that hardware can't run it. */
  timesOf(stage: string, hardware: string): ServiceDistribution | undefined;
  /**
   * What a batch costs a replica of these stages beside what they take, in milliseconds: it is handed over once, which takes
   * as long as for the one of them for which that is longest.
   */
  wakeOf(stages: readonly string[], hardware: string): number;
  /**
   * How much longer a batch of these stages takes on a replica that has waited: each of them does, and handing the batch
   * over once.
   */
  restedOf(stages: readonly string[], hardware: string): readonly RestedPool[];
  /**
   * Service times of each of these stages while the processor's other cores are all busy; undefined where that is known of
   * none of them.
   */
  crowdedOf(stages: readonly string[], hardware: string): readonly ServiceDistribution[] | undefined;
  /** Processor threads that a replica of these stages keeps busy, on average over its batches of one. */
  threadsOf(stages: readonly string[], hardware: string): number;
  /** Batch sizes of a stage that were measured, ascending. */
  batchesOf(stage: string, hardware: string): readonly number[];
  /** Resident bytes a replica of a stage adds; undefined if not measured. */
  memoryOf(stage: string, hardware: string): number | undefined;
}

const noCost: EngineCost = { query: 0, hop: 0, wake: 0 };

/**
 * Items per query of each stage. They are of one profile as far as it has samples, so that they stay correlated across
 * stages; the others fill its gaps.
 */
function scalesOf(pipeline: Pipeline, profiles: readonly Profile[]): Map<string, Scale> {
  const sampled = ({ stages }: Profile) =>
    Object.values(stages).filter(({ scale }) => scale.samples.length > 0).length;
  const ordered = profiles.toSorted((a, b) => sampled(b) - sampled(a));
  const scales = new Map<string, Scale>();
  for (const { name } of pipeline.stages) {
    const profile = ordered.find(({ stages }) => Object.hasOwn(stages, name));
    if (profile) scales.set(name, profile.stages[name]!.scale);
  }
  return scales;
}

/** How much longer stages on one replica take together, after every rest that one of them was measured after. */
function together(stages: readonly (readonly Rested[])[]): RestedPool[] {
  const rests = new Set(stages.flatMap(rested => rested.map(({ rest }) => rest)));
  return [...rests]
    .sort((a, b) => a - b)
    .map(rest => {
      const longer = stages.map(rested => rested.findLast(one => one.rest <= rest) ?? { time: 0, wake: 0 });
      const wake = Math.max(...longer.map(one => one.wake));
      return { rest, more: longer.reduce((sum, { time }) => sum + time, wake) };
    });
}

/**
 * @param profiles of this pipeline, one per hardware type; every stage is in one of them
 * @param hardware the types there are; a type without an entry is the built-in one of that name
 */
export function makeSystem(pipeline: Pipeline, profiles: readonly Profile[], hardware: Hardware): System {
  const byHardware = new Map(profiles.map(profile => [profile.hardware, profile]));
  const distributions = new Map<string, ServiceDistribution>();
  const crowdedDistributions = new Map<string, ServiceDistribution>();
  for (const { hardware: type, stages } of profiles)
    for (const [name, { batches, interference = [], crowded }] of Object.entries(stages)) {
      const times = amongOthers(batches, interference);
      const key = JSON.stringify([name, type]);
      distributions.set(key, new ServiceDistribution(times));
      if (crowded) crowdedDistributions.set(key, new ServiceDistribution(whenCrowded(times, crowded)));
    }
  const typeOf = (name: string) =>
    Object.hasOwn(hardware.types, name) ? hardware.types[name] : builtinHardware(name);
  const stageOn = (stage: string, type: string) => {
    const stages = byHardware.get(type)?.stages ?? {};
    return Object.hasOwn(stages, stage) ? stages[stage] : undefined;
  };
  const order = [...Object.keys(hardware.types), ...byHardware.keys()];
  const types = [...new Set(order)].filter(type => byHardware.has(type) && typeOf(type));
  const hosts = Object.values(hardware.hosts);
  const inTurns = [...devicesInTurns].filter(device => types.some(type => typeOf(type)!.device === device));
  return {
    pipeline,
    hardware,
    structure: structureOf(pipeline, scalesOf(pipeline, profiles)),
    engine: {
      query: Math.max(0, ...profiles.map(({ engine }) => engine.query)),
      hop: Math.max(0, ...profiles.map(({ engine }) => engine.hop)),
      item: Math.max(0, ...profiles.map(({ engine }) => engine.item ?? 0)),
      ...pausesOf(profiles.map(({ engine }) => engine)),
      host: Object.keys(hardware.hosts).length === 1 ? 0 : -1,
    },
    types,
    hosts: [...hosts.map(({ cores }) => cores), ...inTurns.map(() => 'device' as const)],
    hostOf(type) {
      const device = inTurns.indexOf(typeOf(type)?.device ?? 'cpu');
      return device < 0 ? hosts.findIndex(({ types }) => types.includes(type)) : hosts.length + device;
    },
    typeOf,
    timesOf: (stage, type) => distributions.get(JSON.stringify([stage, type])),
    wakeOf(stages, type) {
      const { wake } = byHardware.get(type)?.engine ?? noCost;
      return Math.max(...stages.map(stage => stageOn(stage, type)?.wake ?? wake));
    },
    crowdedOf(stages, type) {
      const own = stages.map(stage => crowdedDistributions.get(JSON.stringify([stage, type])));
      if (own.every(of => of === undefined)) return undefined;
      return own.map((of, at) => of ?? distributions.get(JSON.stringify([stages[at], type]))!);
    },
    restedOf: (stages, type) => together(stages.map(stage => stageOn(stage, type)?.rested ?? [])),
    threadsOf(stages, type) {
      const { device = 'cpu', threads = 1 } = typeOf(type) ?? {};
      // The share of a device that a replica has while it is its turn, whatever it does on the processor.
      if (devicesInTurns.has(device)) return 1;
      const known = stages.map(stage => {
        const { crowded, threads: kept } = stageOn(stage, type) ?? {};
        return (crowded ? undefined : kept) ?? threads;
      });
      const times = stages.map(stage => distributions.get(JSON.stringify([stage, type]))?.mean(1) ?? 0);
      const whole = times.reduce((sum, time) => sum + time, 0);
      if (whole === 0 || known.every(of => of === threads)) return threads;
      return known.reduce((sum, of, at) => sum + of * times[at]!, 0) / whole;
    },
    batchesOf: (stage, type) => stageOn(stage, type)?.batches.map(({ batch }) => batch) ?? [],
    memoryOf: (stage, type) => stageOn(stage, type)?.memory,
  };
}

/**
 * A plan's groups as the simulation runs them, pools fastest first.
 * @throws MillraceError `invalid-pipeline` naming the stage and hardware that no profile covers, or the batch size that
 *   is larger than any measured
 */
export function deploy(system: System, groups: readonly Group[]): SimulatedDeployment {
  const { structure, hosts, engine } = system;
  const indexOf = new Map(structure.stages.map(({ name, index }) => [name, index]));
  return {
    groups: groups.map(({ name, stages, pools }) => {
      const ordered = stages.toSorted((a, b) => indexOf.get(a)! - indexOf.get(b)!);
      const simulated = pools.map((pool): SimulatedPool => {
        const times = ordered.map(stage => {
          const found = system.timesOf(stage, pool.hardware);
          if (!found) throw notCovered(system, stage, pool.hardware);
          if (pool.batch > found.largest) throw tooLarge(stage, pool.hardware, pool.batch, found.largest);
          return found;
        });
        return {
          hardware: pool.hardware,
          batch: pool.batch,
          maxWait: pool.maxWait,
          backlog: pool.backlog,
          replicas: pool.replicas,
          times,
          wake: system.wakeOf(ordered, pool.hardware),
          crowded: system.crowdedOf(ordered, pool.hardware),
          rested: system.restedOf(ordered, pool.hardware),
          threads: system.threadsOf(ordered, pool.hardware),
          host: system.hostOf(pool.hardware),
        };
      });
      if (simulated.length === 0) throw new MillraceError('invalid-pipeline', `group "${name}" has no pools`);
      return {
        stages: Int32Array.from(ordered, stage => indexOf.get(stage)!),
        pools: simulated.toSorted((a, b) => speedOf(a) - speedOf(b)),
      };
    }),
    hosts,
    engine,
  };
}

function notCovered({ types }: System, stage: string, hardware: string): MillraceError {
  const message = `stage "${stage}" has no service times on "${hardware}"; there are profiles of ${types.join(', ')}`;
  return new MillraceError('invalid-pipeline', message, { stage });
}

function tooLarge(stage: string, hardware: string, batch: number, largest: number): MillraceError {
  const message = `stage "${stage}" was measured on "${hardware}" with batches of up to ${largest}, not ${batch}`;
  return new MillraceError('invalid-pipeline', message, { stage });
}
