/** Cost against the objective and against the rate. */
import { drawChart } from './chart.ts';
import { formatCost, formatDollars, formatLatency, formatRate } from './format.ts';
import { drawCurve, type Curve } from './frontier-chart.ts';
import { html, type Markup } from './html.ts';
import { planKeys } from './keys.ts';
import { plansOf, type Report } from './report.ts';
import { numbers } from './table.ts';

async function section(report: Report, curve: Curve): Promise<Markup> {
  const plans = plansOf(report);
  const costs = plans.map(({ estimate }) => estimate.predicted.cost);
  const told = curve.points.map(
    ({ at, cost }) => `${curve.format(at)} ${cost === null ? 'none' : formatCost(cost)}`,
  );
  const rows = curve.points.map(({ at, cost, proved }) => [
    curve.format(at),
    cost === null ? 'none' : formatDollars(cost),
    proved ? 'proved' : cost === null ? 'not found' : 'best found',
  ]);
  const none = curve.points.filter(({ cost }) => cost === null).map(({ at }) => curve.format(at));
  const isDrawn = curve.points.some(({ cost }) => cost !== null);
  return html`<section>
    <h2>${curve.title}</h2>
    <figure>
      <figcaption>
        The cheapest plans with one pool per
        stage${curve.points.every(({ proved }) => proved) ? '' : '; hollow where that is not proved'}${none.length > 0 ? `; none at ${none.join(', ')}` : ''}.
        ${planKeys(plans.length > 1 ? plans : [{ ...plans[0]!, name: 'this plan' }])}
      </figcaption>
      ${isDrawn ? await drawChart(`${curve.title}: ${told.join(', ')}`, drawCurve(curve, costs)) : undefined}
    </figure>
    ${numbers([curve.axis, 'USD per hour', ''], rows)}
  </section>`;
}

/** Both frontiers; nothing where none was worked out. */
export async function frontierSections(report: Report): Promise<Markup | undefined> {
  const { frontier, slo, workload } = report;
  const objective = slo[0];
  if (!frontier || !objective) return undefined;
  return html`${await section(report, {
    title: 'Cost against the SLO',
    axis: `limit of p${objective.percentile}, ms`,
    points: frontier.bySlo,
    at: objective.limit,
    format: formatLatency,
  })}${await section(report, {
    title: 'Cost against the rate',
    axis: 'queries per second',
    points: frontier.byRate,
    at: workload.rate,
    format: formatRate,
  })}`;
}
