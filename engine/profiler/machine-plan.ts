/** The plan for the machine this runs on: made from profiles measured here, and kept with them. */
import { createHash } from 'node:crypto';
import {
  builtinHardware,
  hasErrors,
  parsePlan,
  writePlan,
  type BoundPipeline,
  type Hardware,
  type HardwareType,
  type Plan,
} from '../../pipelines/index.ts';
import { parseProfile, writeProfile, type Profile } from '../../planner/index.ts';
import { realClock } from '../runtime/clock.ts';
import { identityOf } from './identity.ts';
import type { KeptFiles } from './kept-files.ts';
import { nothingMeasured, readMeasurements, writeMeasurements } from './measurements.ts';
import { planFor } from './plan-for.ts';
import type { ProfileOptions } from './profile-options.ts';
import { profilePipeline } from './profile-pipeline.ts';
import type { SampleQuery } from './recording.ts';

export interface MakeOptions extends Pick<
  ProfileOptions,
  'signal' | 'turn' | 'progress' | 'clock' | 'replicas'
> {
  /** Milliseconds for all of it. */
  budget: number;
  /** What the stages are measured with, at least one. */
  samples: readonly SampleQuery[];
  /** Told before the plan is chosen, which keeps the thread busy. */
  planning?(): void;
}

/** Share of the time for measuring; the rest is for planning. */
const measuringShare = 0.85;
/** Milliseconds that planning may take; nothing else runs on the thread meanwhile. */
const planningTime = { least: 2000, most: 10_000 };

const measurementsOf = (type: string): string => `${type}.measurements.json`;
const profileOf = (type: string): string => `${type}.profile.json`;
const planKind = 'plan.yaml';

/** What is in the way of a plan of its own; undefined where a plan is one. */
export function obstacleOf({ search }: Plan): string | undefined {
  const obstacle = search?.['obstacle'];
  return typeof obstacle === 'string' ? obstacle : undefined;
}

export class MachinePlan {
  readonly #pipeline: BoundPipeline;
  readonly #files: KeptFiles;
  readonly #warn: (message: string) => void;
  readonly #cores: number;
  readonly #hardware: Hardware;

  /**
   * @param pipeline with at least one objective
   * @param cores of this machine that may be used
   * @param warn is told of files that are of no use
   */
  constructor(
    pipeline: BoundPipeline,
    files: KeptFiles,
    { cores, warn }: { cores: number; warn: (message: string) => void },
  ) {
    this.#pipeline = pipeline;
    this.#files = files;
    this.#warn = warn;
    this.#cores = cores;
    const names = cores >= 2 ? ['cpu', 'cpu-2'] : ['cpu'];
    const types = Object.fromEntries(names.map(name => [name, builtinHardware(name)!]));
    this.#hardware = { types, limits: {}, hosts: { here: { cores, types: names } } };
  }

  /** Where the plan is, if there is one. */
  get path(): string {
    return this.#files.path(planKind, this.#planIdentity());
  }

  /** The plan that was kept for this pipeline, with these models, on this machine; null if there is none yet. */
  async read(): Promise<Plan | null> {
    const text = await this.#files.read(planKind, this.#planIdentity());
    if (text === null) return null;
    const { plan } = parsePlan(text, this.path, this.#pipeline);
    if (plan && (obstacleOf(plan) !== undefined || this.#isHere(plan))) return plan;
    this.#warn(`${this.path} is damaged and is made again`);
    return null;
  }

  /**
   * Measures what is not measured yet, makes the plan, and keeps it. What was measured is kept however it ends.
   *
   * @returns null if the signal came or the time was over before everything was measured: call it again to go on
   * @throws MillraceError if a stage can't be measured; what the file system throws where nothing can be kept
   */
  async make(options: MakeOptions): Promise<Plan | null> {
    const { clock = realClock, budget, signal } = options;
    const end = clock.now() + budget;
    const types = Object.entries(this.#hardware.types).map(([name, type]) => ({ name, ...type }));
    const profiles: Profile[] = [];
    for (const [index, type] of types.entries()) {
      const left = end - clock.now() - (1 - measuringShare) * budget;
      const profile =
        (await this.#readProfile(type)) ??
        (await this.#measure(type, left / (types.length - index), options));
      if (!profile || signal?.aborted) return null;
      profiles.push(profile);
    }
    options.planning?.();
    const { least, most } = planningTime;
    const plan = planFor(this.#pipeline, profiles, this.#hardware, {
      cores: this.#cores,
      budget: Math.min(most, Math.max(least, end - clock.now())),
      now: () => clock.now(),
    });
    await this.#files.write(planKind, this.#planIdentity(), writePlan(plan));
    return plan;
  }

  #isHere({ groups }: Plan): boolean {
    const pools = groups.flatMap(group => group.pools);
    return pools.every(({ hardware }) => Object.hasOwn(this.#hardware.types, hardware));
  }

  /** Null if the time, or the signal, ended it before every stage was measured. */
  async #measure(
    type: { name: string } & HardwareType,
    budget: number,
    { samples, ...options }: MakeOptions,
  ): Promise<Profile | null> {
    if (budget <= 0) return null;
    const kind = measurementsOf(type.name);
    const identity = this.#identity(type);
    const text = await this.#files.read(kind, identity);
    const known = text === null ? nothingMeasured : readMeasurements(text, identity);
    if (!known) this.#warn(`${this.#files.path(kind, identity)} is damaged and is begun anew`);
    const { profile } = await profilePipeline(this.#pipeline, samples, {
      ...options,
      budget,
      hardware: type,
      known: known ?? nothingMeasured,
      keep: measurements => this.#files.write(kind, identity, writeMeasurements(measurements, identity)),
    });
    if (!profile) return null;
    await this.#files.write(profileOf(type.name), identity, writeProfile(profile));
    await this.#files.remove(kind, identity);
    return profile;
  }

  async #readProfile(type: { name: string } & HardwareType): Promise<Profile | null> {
    const kind = profileOf(type.name);
    const text = await this.#files.read(kind, this.#identity(type));
    if (text === null) return null;
    const path = this.#files.path(kind, this.#identity(type));
    // Noise that is smoothed is nothing to tell who asked for no profile.
    const { profile, diagnostics } = parseProfile(text, path, this.#pipeline, this.#hardware.types);
    if (profile && !hasErrors(diagnostics)) return profile;
    this.#warn(`${path} is damaged and is measured again`);
    return null;
  }

  /** Of what is measured. Other samples are no reason to measure again. */
  #identity(type: { name: string } & HardwareType): string {
    return identityOf(this.#pipeline, type, []);
  }

  #planIdentity(): string {
    const { types, hosts } = this.#hardware;
    const profiles = Object.entries(types).map(([name, type]) => this.#identity({ name, ...type }));
    const hash = createHash('sha256');
    return hash.update(JSON.stringify([profiles, hosts, this.#pipeline.slo])).digest('hex');
  }
}
