/** Plans beside the optimum that the authors of RIBBON (Li et al., SC'21) found by measuring every pool. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadHardware, loadStructure } from '../../pipelines/index.ts';
import { drawSamples, makeSystem, parseProfile } from '../../planner/index.ts';
import type { BenchOptions } from '../bench.ts';
import { figure, showProgress } from '../report.ts';
import type { Case } from './cases.ts';
import { plan } from './quality.ts';

interface Service {
  name: string;
  rate: number;
  cv: number;
  /** US dollars per hour of the cheapest pool that met the objective. */
  optimum: number;
}

/** The rates are of one query every 18 ms and every 1.5 ms. */
const services: readonly Service[] = [
  { name: 'resnet', rate: 55.5556, cv: 0.2357, optimum: 4.13 },
  { name: 'mtwnd', rate: 666.6667, cv: 0.8165, optimum: 2.25 },
];

export interface RibbonRow {
  service: string;
  pools: string;
  cost: number | null;
  /** Over the published optimum. */
  ratio: number;
  /** Share of the cheapest single type's cost that mixing saves. */
  saved: number;
  seconds: number;
}

/** @param folder has a folder for each service */
export async function measureRibbon(folder: string, { quick }: BenchOptions): Promise<RibbonRow[]> {
  const rows: RibbonRow[] = [];
  for (const service of services) {
    showProgress(`${service.name}…`);
    const of = await loadService(join(folder, service.name), service, quick ? 2000 : 30_000);
    const start = performance.now();
    const found = plan(of, true, 30_000);
    const seconds = figure((performance.now() - start) / 1000);
    const single = plan(of, false, 30_000)?.estimate.predicted.cost ?? NaN;
    const cost = found?.estimate.predicted.cost ?? NaN;
    const pools = found?.groups.flatMap(group =>
      group.pools.map(({ replicas, hardware }) => `${replicas} ${hardware}`),
    );
    rows.push({
      service: service.name,
      pools: pools?.join(', ') ?? '',
      cost: found ? cost : null,
      ratio: figure(cost / service.optimum),
      saved: figure(1 - cost / single),
      seconds,
    });
  }
  return rows;
}

async function loadService(folder: string, { rate, cv }: Service, queries: number): Promise<Case> {
  const pipeline = await loadStructure(join(folder, 'pipeline.yaml'));
  const hardware = await loadHardware(join(folder, 'hardware.yaml'));
  const files = readdirSync(folder).filter(name => name.endsWith('.profile.json'));
  const profiles = files.map(name => {
    const { profile, diagnostics } = parseProfile(readFileSync(join(folder, name), 'utf8'), name);
    if (!profile) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
    return profile;
  });
  return {
    name: pipeline.name,
    system: makeSystem(pipeline, profiles, hardware),
    samples: drawSamples({ kind: 'gamma', rate, cv, queries, seeds: 3 }),
    slo: pipeline.slo,
    most: 64,
  };
}
