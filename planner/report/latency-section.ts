/** Predicted latencies against the objective: how they are spread, and how few queries take how long. */
import { percentileOf } from '../percentile.ts';
import { drawChart } from './chart.ts';
import { formatLatency, formatShare } from './format.ts';
import { html, type Markup } from './html.ts';
import { keys, planKeys } from './keys.ts';
import { endOf, rarest } from './latency-axis.ts';
import { drawHistogram } from './latency-histogram.ts';
import { drawTail } from './latency-tail.ts';
import { plansOf, type Report } from './report.ts';
import { numbers } from './table.ts';

/** Both charts, each with its numbers. */
export async function latencySections(report: Report): Promise<Markup> {
  const plans = plansOf(report);
  const percentiles = [...new Set([50, 90, 95, 99, 99.9, ...report.slo.map(({ percentile }) => percentile)])];
  const rows = percentiles
    .toSorted((a, b) => a - b)
    .map(percentile => [
      `p${percentile}`,
      ...plans.map(({ estimate }) => formatLatency(percentileOf(estimate.latencies, percentile))),
    ]);
  const told = rows.map(([name, ...times]) => `${name} ${times.join(' and ')}`).join(', ');
  const compared = plans.length > 1 ? planKeys(plans) : undefined;
  const shown =
    compared ?? (report.slo.length > 0 ? keys({ plan: 'within the SLO', late: 'over it' }) : undefined);
  const headings = ['percentile', ...plans.map(({ name }) => (plans.length > 1 ? name : 'latency'))];
  const end = `cut off at ${formatLatency(endOf(report))}`;
  return html`<section>
      <h2>Latency</h2>
      <figure>
        <figcaption>Share of the queries by latency, ${end}. ${shown}</figcaption>
        ${await drawChart(`Histogram of the predicted latency: ${told}`, drawHistogram(report))}
      </figure>
      ${numbers(headings, rows)}
    </section>
    <section>
      <h2>The slowest queries</h2>
      <figure>
        <figcaption>
          Share of the queries that take longer;
          ${report.slo.length > 0 ? 'the SLO allows none in the shaded corner' : `down to ${formatShare(rarest)}`}.
          ${compared}
        </figcaption>
        ${await drawChart(`Share of queries by the latency that they exceed: ${told}`, drawTail(report))}
      </figure>
    </section>`;
}
