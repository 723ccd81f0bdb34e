import { describe, expect, it } from 'vitest';
import { comparePlans, headroomOf, renderReport, tellSearch } from '../../../planner/index.ts';
import { groupEdges } from '../../../planner/report/group-graph.ts';
import type { Report } from '../../../planner/report/report.ts';
import { planOf, samples, slo, system, workload } from './parcels.ts';

const plan = planOf('mine');
const headroom = headroomOf(system, plan.groups, { rate: 8, samples }, slo, plan.estimate);
const point = (at: number, cost: number | null) => ({ at, cost, proved: at > 200 });
const frontier = { bySlo: [point(200, null), point(400, 1.2)], byRate: [point(4, 0.9), point(8, 1.2)] };
const report: Report = { system, workload, slo, plan, headroom, frontier };

const count = (text: string, part: string) => text.split(part).length - 1;

describe('a report', () => {
  it('is one page that needs nothing beside it', async () => {
    const page = await renderReport(report);
    expect(page).toMatch(/^<!doctype html>/);
    expect(page).toContain('<title>parcels: plan for 8 queries/s, CV 1, 2 × 1,000 queries</title>');
    const addresses = [...page.matchAll(/https?:[^"'\s)]*/g)].map(([address]) => address);
    expect(new Set(addresses)).toEqual(
      new Set(['http://www.w3.org/2000/svg', 'http://www.w3.org/1999/xlink']),
    );
    expect(page).not.toMatch(/<script|<link|<img|@import|url\((?!#)/);
    expect(page).not.toMatch(/NaN|undefined|Infinity|\[object/);
  });

  it('tells who cannot see its drawings what they show', async () => {
    const page = await renderReport(report);
    const labels = [...page.matchAll(/role="img"\s+aria-label="([^"]*)"/g)].map(([, label]) => label);
    // Each for a wide page and for a phone: the graph, two of latencies, two of costs, stages, headroom.
    expect(labels).toHaveLength(14);
    expect(labels.every(label => label!.length > 20)).toBe(true);
    expect(page).toContain('prefers-color-scheme: dark');
    expect(page).toContain('width=device-width');
  });

  it('shows the verdict, every group with its pools, and every stage', async () => {
    const page = await renderReport(report);
    expect(page).toContain('This plan meets the SLO: p99 ≤ 400 ms');
    for (const { name } of plan.groups) expect(page).toContain(`>${name}</text>`);
    expect(page).toContain('3 × cpu, batch 2');
    for (const { name } of system.pipeline.stages)
      expect(page).toContain(`<th scope="row" class="left">${name}</th>`);
    expect(page).toContain('none at 200 ms');
  });

  it('has two plans side by side', async () => {
    const page = await renderReport({ ...report, other: planOf('<theirs>', 2) });
    expect(page).toContain('Side by side');
    expect(page).not.toContain('<theirs>');
    expect(count(page, '&lt;theirs&gt; meets the SLO')).toBe(1);
    expect(page).toContain('The plan: &lt;theirs&gt;');
  });

  it('leaves out costs and the SLO where there are none', async () => {
    const { frontier: _, ...rest } = report;
    const page = await renderReport({ ...rest, slo: [], headroom: { ...headroom, highest: null } });
    expect(page).not.toMatch(/Cost against|class="verdict|NaN|undefined/);
    expect(page).toContain('no SLO');
  });
});

describe('the graph of a plan', () => {
  it('has a line for each pair of groups, and none within one', () => {
    expect(groupEdges(system.pipeline, plan.groups)).toEqual([
      [0, 1],
      [1, 2],
      [1, 3],
    ]);
  });
});

describe('a comparison', () => {
  it('has the figures of both, and by how much they differ', () => {
    const rows = comparePlans(plan, planOf('theirs', 2));
    const rowOf = (name: string) => rows.find(row => row.name === name);
    expect(rowOf('USD per hour')).toEqual({
      name: 'USD per hour',
      figures: ['1.26', '2.53'],
      difference: '+100.0 %',
    });
    expect(rowOf('replicas')).toMatchObject({ figures: ['7', '14'], difference: '+100.0 %' });
    expect(rowOf('find')).toEqual({
      name: 'find',
      figures: ['1 × t4, batch 4', '2 × t4, batch 4'],
      difference: 'differs',
    });
    expect(rowOf('read')!.figures[0]).toBe('3 × cpu, batch 2; 1 × t4, batch 8, with 1 other');
  });
});

describe('what a search found out', () => {
  it('is a proof, or a bound and the gap to it', () => {
    const effort = { evaluated: 1200, seconds: 2.5, space: 'single-pool' };
    expect(tellSearch({ ...effort, optimal: true, bound: 2 }, 2)).toBe(
      'proved to be the cheapest plan (space: single-pool); 1,200 simulations in 2.5 s',
    );
    expect(tellSearch({ ...effort, optimal: false, bound: 1.5 }, 2)).toBe(
      'the best plan found (space: single-pool); none costs less than $1.50/h, a gap of 25.0 %; 1,200 simulations in 2.5 s',
    );
    expect(tellSearch({ ...effort, optimal: true, bound: 2, margin: 0.02 }, 2)).toBe(
      'proved to be the cheapest plan (space: single-pool; margin: 2.0 % of the SLO); 1,200 simulations in 2.5 s',
    );
    const single = { cost: 3, optimal: true, bound: 3 };
    expect(tellSearch({ ...effort, optimal: false, bound: 1.5, 'single-pool': single }, 2)).toContain(
      '; with one pool per stage, $3.00/h is proved to be the least; ',
    );
    expect(tellSearch({}, 2)).toBeUndefined();
  });
});
