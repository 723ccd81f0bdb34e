/** What is predicted of a plan, as people read it on a terminal. */
import { formatDuration } from '../../operators/index.ts';
import type { Objective } from '../../pipelines/index.ts';
import {
  comparePlans,
  formatCost,
  formatDollars,
  formatLatency,
  formatMean,
  formatShare,
  formatWorkload,
  isFeasible,
  tellVerdict,
  type ReportPlan,
  type System,
  type Workload,
} from '../../planner/index.ts';
import { table } from './table.ts';

const percent = (share: number): string => (100 * share).toFixed(1);

function groups({ typeOf }: System, { estimate }: ReportPlan): string {
  const rows = estimate.groups.flatMap(({ name, pools }) =>
    pools.map(({ hardware, batch, replicas, utilisation, meanBatch, share }, place) => {
      const price = typeOf(hardware)?.price;
      return [
        place === 0 ? name : '',
        hardware,
        String(batch),
        String(replicas),
        percent(utilisation),
        formatMean(meanBatch),
        percent(share),
        price === undefined ? '' : formatDollars(price * replicas),
      ];
    }),
  );
  const priced = estimate.predicted.cost !== undefined;
  const headings = ['group', 'hardware', 'batch', 'replicas', 'busy %', 'mean batch', 'items %', 'USD/h'];
  return table(
    priced ? headings : headings.slice(0, -1),
    rows.map(row => (priced ? row : row.slice(0, -1))),
  );
}

function latencies({ estimate: { predicted, latencies } }: ReportPlan, slo: readonly Objective[]): string {
  const watched = `p${slo[0]?.percentile ?? 99}`;
  const [least, most] = predicted.spread!;
  const rows = Object.entries(predicted)
    .filter(([name]) => /^p\d/.test(name))
    .map(([name, time]) => {
      const objective = slo.find(({ percentile }) => `p${percentile}` === name);
      const met = objective && (isFeasible(latencies, [objective]) ? 'met' : 'missed');
      return [
        name,
        formatLatency(time as number),
        objective ? `≤ ${formatDuration(objective.limit)} ${met}` : '',
        name === watched ? `${formatLatency(least)} to ${formatLatency(most)}` : '',
      ];
    });
  return table(['latency', 'predicted', 'SLO', 'by seed'], rows);
}

function stages({ estimate }: ReportPlan): string {
  return table(
    ['stage', 'items/query', 'queue', 'service'],
    estimate.stages.map(({ name, items, queue, service }) => [
      name,
      formatMean(items),
      formatDuration(queue),
      formatDuration(service),
    ]),
  );
}

/** Tables of groups, latencies and stages, the cost, and what became of the SLO. */
export function printEstimate(
  system: System,
  workload: Workload,
  slo: readonly Objective[],
  plan: ReportPlan,
): string {
  const { cost } = plan.estimate.predicted;
  const costs = cost === undefined ? '' : `${formatCost(cost)}, `;
  const verdict = tellVerdict(plan, slo);
  return [
    `${system.pipeline.name}: ${formatWorkload(workload)}`,
    groups(system, plan),
    latencies(plan, slo),
    stages(plan),
    `${costs}the engine's main thread is busy ${formatShare(plan.estimate.main)} of the time`,
    ...(verdict === undefined ? [] : [`The plan ${verdict}`]),
  ].join('\n\n');
}

/** Two plans in a table, figure by figure and stage by stage. */
export function printComparison(plan: ReportPlan, other: ReportPlan): string {
  return table(
    ['', plan.name, other.name, 'difference'],
    comparePlans(plan, other).map(({ name, figures, difference }) => [name, ...figures, difference]),
  );
}
