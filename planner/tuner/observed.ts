/** What a plan is to be made anew from: profiles corrected by what was seen, and arrivals like those of the last minute. */
import type { Hardware, Objective, Pipeline } from '../../pipelines/index.ts';
import type { Profile, StageProfile } from '../profile/profile.ts';
import type { GammaWorkload } from '../workload/workload.ts';
import { workNow } from './drift.ts';
import type { Provision } from './provision.ts';
import type { Traffic } from './traffic.ts';
import type { Tuned } from './tuned.ts';

/** All of it can be sent to another thread. */
export interface PlanOrder {
  pipeline: Pipeline;
  profiles: readonly Profile[];
  hardware: Hardware;
  slo: readonly Objective[];
  workload: GammaWorkload;
}

/** Of a simulation: as `plan` has them. */
const sample = { queries: 10_000, seeds: 3 };

export function observed(
  { system, profiles, plan }: Tuned,
  provision: Provision,
  traffic: Traffic,
): PlanOrder {
  const { scales, slower } = workNow(provision, traffic);
  const corrections = new Map(
    provision.stages.map(({ name, scale }, index) => [
      name,
      { scale: scales[index] === scale ? null : scales[index]!, slower: slower[index]! },
    ]),
  );
  const correct = (name: string, profile: StageProfile): StageProfile => {
    const { scale, slower: factor } = corrections.get(name)!;
    return {
      ...profile,
      ...(scale !== null && { scale: { mean: scale, samples: [] } }),
      batches: profile.batches.map(({ batch, mean, quantiles }) => ({
        batch,
        mean: mean * factor,
        quantiles: quantiles.map(({ percentage, time }) => ({ percentage, time: time * factor })),
      })),
    };
  };
  const digits = (value: number) => Number(value.toPrecision(3));
  return {
    pipeline: system.pipeline,
    profiles: profiles.map(profile => ({
      ...profile,
      stages: Object.fromEntries(
        Object.entries(profile.stages).map(([name, stage]) => [name, correct(name, stage)]),
      ),
    })),
    hardware: system.hardware,
    slo: plan.slo,
    workload: { kind: 'gamma', rate: digits(traffic.rate), cv: digits(traffic.cv), ...sample },
  };
}
