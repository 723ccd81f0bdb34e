/** What would break first if the rate grew. */
import { drawChart } from './chart.ts';
import { formatLatency, formatRate, formatShare } from './format.ts';
import { drawHeadroom, longest } from './headroom-chart.ts';
import type { Headroom } from './headroom.ts';
import { html, Markup } from './html.ts';
import type { Report } from './report.ts';
import { table } from './table.ts';

/** In a sentence or two: how far the rate may grow, and what is in the way. */
export function tellHeadroom(
  { rate, highest, groups, main, longestQueue }: Headroom,
  hasSlo: boolean,
): string {
  const first = groups.toSorted((a, b) => a.saturation - b.saturation)[0]!;
  const full =
    main < first.saturation
      ? `The engine's main thread is busy all the time at ${formatRate(main)}, before any group is.`
      : `Group ${first.name} is busy all the time first, at ${formatRate(first.saturation)}.`;
  if (!hasSlo) return full;
  if (highest === null) return `The SLO is missed at every rate tried, however low. ${full}`;
  const times = (highest / rate).toFixed(2);
  const wait = longestQueue
    ? `; ${longestQueue.stage} then has the longest queue, ${formatLatency(longestQueue.queue)} on average`
    : '';
  return `The SLO is met up to ${formatRate(highest)}, ${times} times this rate${wait}. ${full}`;
}

/** The rate that keeps each group busy all the time, beside this one and the highest within the SLO. */
export async function headroomSection({ headroom, slo, other }: Report): Promise<Markup> {
  const { groups, main, rate } = headroom;
  const hasSlo = slo.length > 0;
  const told = tellHeadroom(headroom, hasSlo);
  const rows = [
    ...groups.map(({ name, utilisation, saturation }) => [
      name,
      formatShare(utilisation),
      formatRate(saturation),
    ]),
    ...(Number.isFinite(main) ? [['main thread', formatShare(rate / main), formatRate(main)]] : []),
  ];
  // Beside two plans' stages it would stand alone in its row.
  return html`<section${other ? new Markup(' class="whole"') : undefined}><h2>If the rate grew</h2><p>${told}</p><figure>
<figcaption>Rate at which all replicas of a group are busy all the time, with full batches; bars end at ${longest} times this rate.</figcaption>
${await drawChart(told, drawHeadroom(headroom))}</figure>
${table(['group', 'busy now', 'all busy at'], rows)}</section>`;
}
