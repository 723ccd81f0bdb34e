/** Where a query's time goes. */
import { drawChart, type Draw } from './chart.ts';
import { formatLatency, formatMean } from './format.ts';
import { html, type Markup } from './html.ts';
import { keys } from './keys.ts';
import type { ReportPlan } from './report.ts';
import { shorten } from './shorten.ts';
import { table } from './table.ts';

const row = 26;
const label = { wide: 22, narrow: 13 };

function drawStages({ estimate: { stages } }: ReportPlan): Draw {
  const parts = stages.flatMap(({ name, queue, service }) => [
    { name, from: 0, to: queue, ink: 'var(--queue)' },
    { name, from: queue, to: queue + service, ink: 'var(--service)' },
  ]);
  return ({ width, narrow }) => {
    const most = narrow ? label.narrow : label.wide;
    const names = Object.fromEntries(stages.map(({ name }) => [name, shorten(name, most)]));
    return {
      width,
      height: 44 + row * stages.length,
      autosize: { type: 'fit', contains: 'padding' },
      data: [{ name: 'parts', values: parts }],
      scales: [
        {
          name: 'x',
          type: 'linear',
          domain: { data: 'parts', field: 'to' },
          range: 'width',
          zero: true,
          nice: true,
        },
        { name: 'y', type: 'band', domain: stages.map(({ name }) => name), range: 'height', padding: 0.25 },
      ],
      axes: [
        {
          orient: 'bottom',
          scale: 'x',
          grid: true,
          domain: false,
          ticks: false,
          tickCount: 5,
          title: 'mean per item, ms',
        },
        {
          orient: 'left',
          scale: 'y',
          domain: false,
          ticks: false,
          labelOverlap: false,
          encode: {
            labels: {
              enter: {
                text: { signal: `${JSON.stringify(names)}[datum.value]` },
                fill: { value: 'var(--ink)' },
              },
            },
          },
        },
      ],
      marks: [
        {
          type: 'rect',
          from: { data: 'parts' },
          encode: {
            enter: {
              y: { scale: 'y', field: 'name' },
              height: { scale: 'y', band: 1 },
              x: { scale: 'x', field: 'from' },
              x2: { scale: 'x', field: 'to' },
              fill: { field: 'ink' },
            },
          },
        },
      ],
    };
  };
}

/** Queue and service of each stage. @param title of the section */
export async function timeSection(plan: ReportPlan, title: string): Promise<Markup> {
  const { stages } = plan.estimate;
  const told = stages
    .map(
      ({ name, queue, service }) =>
        `${name} waits ${formatLatency(queue)} and takes ${formatLatency(service)}`,
    )
    .join(', ');
  const rows = stages.map(({ name, items, queue, service }) => [
    name,
    formatMean(items),
    formatLatency(queue),
    formatLatency(service),
  ]);
  return html`<section>
    <h2>${title}</h2>
    <figure>
      <figcaption>${keys({ queue: 'queue', service: 'service' })}</figcaption>
      ${await drawChart(`Mean time per item of each stage: ${told}`, drawStages(plan))}
    </figure>
    ${table(['stage', 'items/query', 'queue', 'service'], rows)}
  </section>`;
}
