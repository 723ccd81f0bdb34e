/** Several pipelines on the hardware there is: what can be chosen for them, and whether a choice holds a rate. */
import type { Objective } from '../../pipelines/index.ts';
import { allowedAbove } from '../percentile.ts';
import { pausesOf } from '../profile/profile.ts';
import { isWithinLimits } from '../search/choice.ts';
import { canShare, ancestorsOf, namesOf } from '../search/fusion.ts';
import { searchGroup, simulatedPools, type Kind, type Option, type SearchGroup } from '../search/option.ts';
import { coresOf, type SimulatedDeployment } from '../simulation/deployment.ts';
import type { Outcome } from '../simulation/outcome.ts';
import { simulate, type MissLimit } from '../simulation/simulate.ts';
import { interleave, unite } from '../simulation/union.ts';
import type { Structure } from '../simulation/structure.ts';
import type { System } from '../system.ts';
import { gammaArrivals } from '../workload/gamma.ts';
import type { Sample } from '../workload/workload.ts';

/** One of the pipelines that share the hardware. */
export interface Part {
  system: System;
  /** At least one objective. */
  slo: readonly Objective[];
  /** Queries of it for every query of a pipeline with share 1. */
  share: number;
}

/** One group of one part, and what it runs on. */
export interface Placement {
  part: number;
  group: SearchGroup;
  option: Option;
}

export interface UnionProblemOptions {
  /** Coefficient of variation of the gaps between queries. */
  cv: number;
  /** Queries of all parts together, of each seed; more if a part's share would be too few of them. */
  queries: number;
  seeds: number;
}

/** Replicas of hardware that is not limited, of one group. */
const mostUnlimited = 16;

/** The least a part has of the queries, as a share of an equal part; for that, so many times more at most. */
const leastShare = 0.1;
const mostScale = 10;

export class UnionProblem {
  readonly parts: readonly Part[];
  /** Simulations so far. */
  evaluated = 0;
  readonly #options: UnionProblemOptions;
  readonly #structure: Structure;
  /** First stage of each part. */
  readonly #offsets: readonly number[];
  readonly #ancestors;
  /** The last that were drawn: most choices are tried at the rate of the one before. */
  #drawn: { rate: number; samples: readonly Sample[]; limits: readonly MissLimit[] } | null = null;

  constructor(parts: readonly Part[], options: UnionProblemOptions) {
    this.parts = parts;
    this.#options = options;
    this.#structure =
      parts.length === 1 ? parts[0]!.system.structure : unite(parts.map(({ system }) => system.structure));
    this.#offsets = parts.map((_, part) =>
      parts.slice(0, part).reduce((sum, { system }) => sum + system.structure.stages.length, 0),
    );
    this.#ancestors = parts.map(({ system }) => ancestorsOf(system.structure));
  }

  /** A group of a part's stages, by number; null if they can't share a replica or no hardware runs them all. */
  groupOf(part: number, stages: readonly number[]): SearchGroup | null {
    const { system } = this.parts[part]!;
    if (stages.length > 1 && !canShare(system.structure, this.#ancestors[part]!, stages)) return null;
    const group = searchGroup(system, namesOf(system.structure, stages), 0);
    return group.kinds.length > 0 ? group : null;
  }

  /** Most replicas of a kind that make sense: as many as its host has cores for, within its limit. */
  most({ hardware, pool }: Kind): number {
    const { system } = this.parts[0]!;
    const limit = system.hardware.limits[hardware] ?? Infinity;
    const host = system.hosts[pool.host];
    if (host !== undefined) return Math.min(limit, Math.max(1, Math.ceil(coresOf(host) / pool.threads)));
    return limit < Infinity ? limit : mostUnlimited;
  }

  /** Whether there is the hardware for a choice. */
  isAllowed(placements: readonly Placement[]): boolean {
    return isWithinLimits(
      placements.map(({ option }) => option),
      this.parts[0]!.system.hardware.limits,
    );
  }

  /** Queries of a part, of each seed. */
  queriesOf(part: number): number {
    const { queries } = this.#options;
    const shares = this.parts.map(({ share }) => share);
    const whole = shares.reduce((sum, share) => sum + share, 0);
    // A part with a small share needs enough of them for its percentiles all the same.
    const needed = (leastShare * whole) / (shares.length * Math.min(...shares));
    const scale = Math.min(mostScale, Math.max(1, needed));
    return Math.max(1, Math.round((scale * queries * shares[part]!) / whole));
  }

  /** Arrivals at a rate, in queries per second of a part with share 1; of a lone part as its workload draws them. */
  samplesAt(rate: number): readonly Sample[] {
    return this.#draw(rate).samples;
  }

  /** Whether a choice meets every part's objectives at a rate. */
  holds(placements: readonly Placement[], rate: number): boolean {
    // A queue that grows may meet the objectives for as long as the sample lasts.
    if (!this.isAllowed(placements) || !this.#isStable(placements, rate)) return false;
    this.evaluated++;
    const { samples, limits } = this.#draw(rate);
    const left = limits.map(({ allowed }) => allowed);
    const deployment = this.deploymentOf(placements);
    return samples.every(sample => {
      const missLimits = limits.map((limit, at) => ({ ...limit, allowed: left[at]! }));
      const { aborted, misses } = simulate(this.#structure, deployment, sample, { missLimits });
      for (const [at, count] of misses.entries()) left[at]! -= count;
      return !aborted;
    });
  }

  /** Simulates a choice to its end. */
  simulate(placements: readonly Placement[], samples: readonly Sample[]): Outcome[] {
    const deployment = this.deploymentOf(placements);
    return samples.map(sample => simulate(this.#structure, deployment, sample));
  }

  /** A choice as the simulation runs it; its groups are in the order of the placements. */
  deploymentOf(placements: readonly Placement[]): SimulatedDeployment {
    const { hosts } = this.parts[0]!.system;
    const engines = this.parts.map(({ system }) => system.engine);
    return {
      groups: placements.map(({ part, group, option }) => ({
        stages: group.indices.map(index => index + this.#offsets[part]!),
        pools: simulatedPools(option),
      })),
      hosts,
      engine: {
        query: Math.max(...engines.map(({ query }) => query)),
        hop: Math.max(...engines.map(({ hop }) => hop)),
        item: Math.max(...engines.map(({ item = 0 }) => item)),
        ...pausesOf(engines),
        host: engines[0]!.host ?? -1,
      },
    };
  }

  /** Whether every group, and every host, has less to do than it can. */
  #isStable(placements: readonly Placement[], rate: number): boolean {
    const cores = this.parts[0]!.system.hosts.map(coresOf);
    const load = cores.map(() => 0);
    for (const { part, group, option } of placements) {
      const items = (rate * this.parts[part]!.share * group.visits) / 1000;
      const capacity = option.pools.reduce((sum, { kind, replicas }) => sum + replicas / kind.work, 0);
      if (items > capacity) return false;
      const { host } = option.pools[0]!.kind.pool;
      if (host < 0 || option.pools.some(({ kind }) => kind.pool.host !== host)) continue;
      load[host]! += items * Math.min(...option.pools.map(({ kind }) => kind.work * kind.pool.threads));
    }
    return load.every((busy, host) => busy <= cores[host]!);
  }

  #draw(rate: number): { samples: readonly Sample[]; limits: readonly MissLimit[] } {
    if (this.#drawn?.rate === rate) return this.#drawn;
    const { cv, seeds } = this.#options;
    const samples = Array.from({ length: seeds }, (_, index) => {
      const drawn = this.parts.map(({ share }, part): Sample => {
        // Parts must not arrive in step.
        const seed = 1 + index + seeds * part;
        return { seed: index + 1, arrivals: gammaArrivals(rate * share, cv, this.queriesOf(part), seed) };
      });
      return drawn.length === 1 ? drawn[0]! : interleave(drawn);
    });
    const limits = this.parts.flatMap(({ slo }, part) =>
      slo.map(({ percentile, limit }) => ({
        ...(this.parts.length > 1 && { part }),
        limit,
        allowed: allowedAbove(percentile, seeds * this.queriesOf(part)),
      })),
    );
    this.#drawn = { rate, samples, limits };
    return this.#drawn;
  }
}
