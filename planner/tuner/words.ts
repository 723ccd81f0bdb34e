/** The tuner's decisions in words and numbers, as the log, the dashboard and `estimate` show them. */
import { formatDuration } from '../../operators/index.ts';
import { capacityOf, type Replicas } from './allot.ts';
import type { Need } from './need.ts';
import type { Provision } from './provision.ts';

interface Change {
  provision: Provision;
  from: Replicas;
  to: Replicas;
  /** Queries per second of one replica, by group and pool. */
  throughput: readonly (readonly number[])[];
}

const digits = (value: number): string => String(Number(value.toPrecision(3)));

/** @returns such as `detect t4 1 → 3` */
function changesOf({ provision, from, to }: Change, group: number): string {
  const { name, pools } = provision.groups[group]!;
  const changed = pools.flatMap(({ hardware }, pool) => {
    const [before, after] = [from[group]![pool]!, to[group]![pool]!];
    return before === after ? [] : [`${hardware} ${before} → ${after}`];
  });
  return `${name} ${changed.join(', ')}`;
}

function changedGroups({ from, to }: Change): number[] {
  return to.flatMap((pools, g) => (pools.every((count, p) => count === from[g]![p]) ? [] : [g]));
}

/** The rule with its numbers: what the group gets, what a replica does, and how far it may be used. */
function ruleOf({ provision, throughput }: Change, group: number, { rate, capacity }: Need): string {
  const { stages } = provision.groups[group]!;
  const scale = Math.max(...stages.map(stage => provision.stages[stage]!.scale));
  const items = Math.max(...throughput[group]!) * scale;
  return `r·s / (μ·ρ) = ${digits(rate)}·${digits(scale)} / (${digits(items)}·${digits(rate / capacity)})`;
}

export function tellRaised(change: Change, needs: readonly Need[], counts: Float64Array): string {
  const { provision } = change;
  const why = (group: number): string => {
    const need = needs[group]!;
    if (need.window < 0) {
      const now = capacityOf(change.from[group]!, change.throughput[group]!);
      return `the plan provides for ${digits(need.capacity)} queries/s, it does ${digits(now)}`;
    }
    const window = formatDuration(provision.windows[need.window]!);
    const planned = provision.envelope[need.window]!;
    return `${counts[need.window]!} queries within ${window}, planned ${planned}; ${ruleOf(change, group, need)}`;
  };
  return changedGroups(change)
    .map(group => `${changesOf(change, group)}: ${why(group)}`)
    .join('; ');
}

export function tellLowered(change: Change, needs: ArrayLike<number>, calm: number): string {
  const changes = changedGroups(change).map(
    group => `${changesOf(change, group)} (needed: ${digits(needs[group]!)} queries/s)`,
  );
  return `${changes.join('; ')}: no more was needed for ${formatDuration(calm)}`;
}

export function tellLimit(change: Change, needs: readonly Need[], short: readonly number[]): string {
  const { provision, to, throughput } = change;
  const lacks = short.map(group => {
    const does = digits(capacityOf(to[group]!, throughput[group]!));
    return `${provision.groups[group]!.name} needs ${digits(needs[group]!.capacity)} queries/s, it does ${does}`;
  });
  return `the limits of the hardware let no more replicas start: ${lacks.join('; ')}`;
}

export function tellDrift(found: readonly string[]): string {
  return `away from the plan: ${found.join('; ')}`;
}
