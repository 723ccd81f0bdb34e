/** How far what is seen has come away from what a plan was made for, so that it is time to plan anew. */
import type { Provision } from './provision.ts';
import type { Traffic } from './traffic.ts';

/** Queries that it takes to tell. */
const leastQueries = 100;

/** From how many times more, or less, on something counts as another than planned. */
const factors = { rate: 1.3, cv: 1.5, scale: 1.25, service: 1.25 } as const;
/** CVs nearer than this are alike, whatever one is in terms of the other. */
const leastCv = 0.3;

function isOther(seen: number, planned: number, factor: number): boolean {
  return seen > planned * factor || seen < planned / factor;
}

const digits = (value: number): string => String(Number(value.toPrecision(3)));

/** What is not as planned, for people; empty: all is. */
export function driftOf(provision: Provision, traffic: Traffic): string[] {
  const { queries, answered, rate, cv, scales, slower } = traffic;
  if (queries < leastQueries) return [];
  const found: string[] = [];
  if (isOther(rate, provision.rate, factors.rate))
    found.push(`${digits(rate)} queries/s, planned ${digits(provision.rate)}`);
  if (isOther(cv, provision.cv, factors.cv) && Math.abs(cv - provision.cv) > leastCv)
    found.push(`CV ${digits(cv)}, planned ${digits(provision.cv)}`);
  for (const [index, { name, scale }] of provision.stages.entries()) {
    if (answered >= leastQueries && isOther(scales[index]!, scale, factors.scale))
      found.push(`"${name}" gets ${digits(scales[index]!)} items per query, planned ${digits(scale)}`);
    if (isOther(slower[index]!, 1, factors.service))
      found.push(`"${name}" takes ${digits(slower[index]!)} times as long as profiled`);
  }
  return found;
}

/** Items per query of each stage, and how much slower it is: as planned, but for what has come away from that. */
export function workNow(
  { stages }: Provision,
  { answered, scales, slower }: Traffic,
): { scales: Float64Array; slower: Float64Array } {
  const tells = answered >= leastQueries;
  return {
    scales: Float64Array.from(stages, ({ scale }, index) =>
      tells && isOther(scales[index]!, scale, factors.scale) ? scales[index]! : scale,
    ),
    slower: slower.map(factor => (tells && isOther(factor, 1, factors.service) ? factor : 1)),
  };
}
