/** The plans for the machine this runs on: made from profiles measured here, and kept with them. */
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
import { planFor, type Measured } from './plan-for.ts';
import type { ProfileOptions } from './profile-options.ts';
import { profilePipeline } from './profile-pipeline.ts';
import type { SampleQuery } from './recording.ts';

export interface MakeOptions extends Pick<
  ProfileOptions,
  'signal' | 'turn' | 'progress' | 'clock' | 'replicas'
> {
  /** Milliseconds for all of it. */
  budget: number;
  /** By pipeline, what its stages are measured with, at least one. */
  samples: readonly (readonly SampleQuery[])[];
  /** Told before the plan is chosen, which keeps the thread busy. */
  planning?(): void;
}

/** Share of the time for measuring; the rest is for planning. */
const measuringShare = 0.85;
/** Milliseconds that planning may take; nothing else runs on the thread meanwhile. */
const planningTime = { least: 2000, most: 10_000 };

const measurementsOf = (type: string): string => `${type}.measurements.json`;
const profileOf = (type: string): string => `${type}.profile.json`;
const planKind = { alone: 'plan.yaml', together: 'shared.plan.yaml' };

/** What is in the way of a plan of its own; undefined where a plan is one. */
export function obstacleOf({ search }: Plan): string | undefined {
  const obstacle = search?.['obstacle'];
  return typeof obstacle === 'string' ? obstacle : undefined;
}

/** A pipeline, and what is kept of it. */
export interface Kept {
  /** With at least one objective. */
  pipeline: BoundPipeline;
  files: KeptFiles;
}

export class MachinePlan {
  readonly #kept: readonly Kept[];
  readonly #warn: (message: string) => void;
  readonly #cores: number;
  readonly #hardware: Hardware;

  /**
   * @param kept the pipelines that share the machine, at least one; their plans are made for each other's company
   * @param cores of this machine that may be used
   * @param warn is told of files that are of no use
   */
  constructor(kept: readonly Kept[], { cores, warn }: { cores: number; warn: (message: string) => void }) {
    this.#kept = kept;
    this.#warn = warn;
    this.#cores = cores;
    const names = cores >= 2 ? ['cpu', 'cpu-2'] : ['cpu'];
    const types = Object.fromEntries(names.map(name => [name, builtinHardware(name)!]));
    this.#hardware = { types, limits: {}, hosts: { here: { cores, types: names } } };
  }

  /** The types of processor of this machine. */
  get hardware(): Hardware {
    return this.#hardware;
  }

  /** The profiles of one of the pipelines, on each type; null if one is not there yet. */
  async profilesOf(pipeline: BoundPipeline): Promise<Profile[] | null> {
    const kept = this.#kept.find(each => each.pipeline === pipeline);
    if (!kept) return null;
    const profiles = await Promise.all(this.#types().map(type => this.#readProfile(kept, type)));
    return profiles.every(profile => profile !== null) ? profiles : null;
  }

  /** Where the plans are, if there are any. */
  get paths(): string[] {
    return this.#kept.map(({ files }) => files.path(this.#planKind(), this.#planIdentity()));
  }

  /** The plans that were kept for these pipelines, with these models, on this machine; null if one is not there yet. */
  async read(): Promise<Plan[] | null> {
    const plans: Plan[] = [];
    for (const [index, { pipeline, files }] of this.#kept.entries()) {
      const text = await files.read(this.#planKind(), this.#planIdentity());
      if (text === null) return null;
      const path = this.paths[index]!;
      const { plan } = parsePlan(text, path, pipeline);
      if (!plan || (obstacleOf(plan) === undefined && !this.#isHere(plan))) {
        this.#warn(`${path} is damaged and is made again`);
        return null;
      }
      plans.push(plan);
    }
    return plans;
  }

  /**
   * Measures what is not measured yet, makes the plans, and keeps them. What was measured is kept however it ends.
   *
   * @returns null if the signal came or the time was over before everything was measured: call it again to go on
   * @throws MillraceError if a stage can't be measured; what the file system throws where nothing can be kept
   */
  async make(options: MakeOptions): Promise<Plan[] | null> {
    const { clock = realClock, budget, signal } = options;
    const end = clock.now() + budget;
    const types = this.#types();
    const measured: Measured[] = this.#kept.map(({ pipeline }) => ({ pipeline, profiles: [] }));
    // One type after the other, so that what is short of time is known on one at least.
    const trials = types.flatMap(type => this.#kept.map((_, index) => ({ type, index })));
    for (const [done, { type, index }] of trials.entries()) {
      const left = end - clock.now() - (1 - measuringShare) * budget;
      const profile =
        (await this.#readProfile(this.#kept[index]!, type)) ??
        (await this.#measure(index, type, left / (trials.length - done), options));
      if (!profile || signal?.aborted) return null;
      measured[index] = { ...measured[index]!, profiles: [...measured[index]!.profiles, profile] };
    }
    options.planning?.();
    const { least, most } = planningTime;
    const plans = planFor(measured, this.#hardware, {
      cores: this.#cores,
      budget: Math.min(most, Math.max(least, end - clock.now())),
      now: () => clock.now(),
    });
    for (const [index, { files }] of this.#kept.entries()) {
      await files.write(this.#planKind(), this.#planIdentity(), writePlan(plans[index]!));
    }
    return plans;
  }

  #types(): ({ name: string } & HardwareType)[] {
    return Object.entries(this.#hardware.types).map(([name, type]) => ({ name, ...type }));
  }

  #planKind(): string {
    return this.#kept.length === 1 ? planKind.alone : planKind.together;
  }

  #isHere({ groups }: Plan): boolean {
    const pools = groups.flatMap(group => group.pools);
    return pools.every(({ hardware }) => Object.hasOwn(this.#hardware.types, hardware));
  }

  /** Null if the time, or the signal, ended it before every stage was measured. */
  async #measure(
    index: number,
    type: { name: string } & HardwareType,
    budget: number,
    { samples, ...options }: MakeOptions,
  ): Promise<Profile | null> {
    if (budget <= 0) return null;
    const { pipeline, files } = this.#kept[index]!;
    const kind = measurementsOf(type.name);
    const identity = identityOf(pipeline, type, []);
    const text = await files.read(kind, identity);
    const known = text === null ? nothingMeasured : readMeasurements(text, identity);
    if (!known) this.#warn(`${files.path(kind, identity)} is damaged and is begun anew`);
    const { profile } = await profilePipeline(pipeline, samples[index]!, {
      ...options,
      budget,
      hardware: type,
      known: known ?? nothingMeasured,
      keep: measurements => files.write(kind, identity, writeMeasurements(measurements, identity)),
    });
    if (!profile) return null;
    await files.write(profileOf(type.name), identity, writeProfile(profile));
    await files.remove(kind, identity);
    return profile;
  }

  async #readProfile(
    { pipeline, files }: Kept,
    type: { name: string } & HardwareType,
  ): Promise<Profile | null> {
    const kind = profileOf(type.name);
    // Of what is measured. Other samples are no reason to measure again.
    const identity = identityOf(pipeline, type, []);
    const text = await files.read(kind, identity);
    if (text === null) return null;
    const path = files.path(kind, identity);
    // Noise that is smoothed is nothing to tell who asked for no profile.
    const { profile, diagnostics } = parseProfile(text, path, pipeline, this.#hardware.types);
    if (profile && !hasErrors(diagnostics)) return profile;
    this.#warn(`${path} is damaged and is measured again`);
    return null;
  }

  #planIdentity(): string {
    const members = this.#kept.map(({ pipeline }) => [
      this.#types().map(type => identityOf(pipeline, type, [])),
      pipeline.slo,
    ]);
    return createHash('sha256')
      .update(JSON.stringify([members, this.#hardware.hosts]))
      .digest('hex');
  }
}
