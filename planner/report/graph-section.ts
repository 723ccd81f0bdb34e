/** The graph of a plan: each group's pools, replicas and how busy they are. */
import type { Pipeline } from '../../pipelines/index.ts';
import type { GroupEstimate, PoolEstimate } from '../estimate.ts';
import { formatDollars, formatMean, formatPool, formatShare } from './format.ts';
import { layOut, type Box, type Layout } from './group-graph.ts';
import { html, type Markup } from './html.ts';
import type { Report, ReportPlan } from './report.ts';
import { shorten } from './shorten.ts';
import { table } from './table.ts';

const box = { padding: 12, head: 32, pool: 40, least: 150, most: 230, letter: 7 };
/** Widest graph that still fits on the page from left to right. */
const page = 1040;

function sizeOf({ name, pools }: GroupEstimate): { width: number; height: number } {
  const longest = Math.max(name.length, ...pools.map(pool => formatPool(pool).length + 5));
  const width = Math.round(longest * box.letter + 2 * box.padding);
  return {
    width: Math.min(box.most, Math.max(box.least, width)),
    height: box.head + box.pool * pools.length + 4,
  };
}

function drawPool(pool: PoolEstimate, { x, y, width }: Box, place: number): Markup {
  const left = x + box.padding;
  const top = y + box.head + box.pool * place;
  const room = width - 2 * box.padding;
  const letters = Math.floor((room - 34) / box.letter);
  const busy = Math.min(1, pool.utilisation);
  const ink = busy > 0.9 ? 'var(--bad)' : 'var(--plan)';
  return html`<text x="${left}" y="${top + 10}" font-size="12.5" fill="var(--ink)"
      >${shorten(formatPool(pool), letters)}</text
    >
    <text x="${left + room}" y="${top + 10}" font-size="12.5" text-anchor="end" fill="var(--muted)"
      >${Math.round(100 * pool.utilisation)} %</text
    >
    <rect x="${left}" y="${top + 18}" width="${room}" height="6" rx="3" fill="var(--line)" />
    <rect x="${left}" y="${top + 18}" width="${(room * busy).toFixed(1)}" height="6" rx="3" fill="${ink}" />`;
}

function drawBox(at: Box): Markup {
  const { group, x, y, width, height } = at;
  const letters = Math.floor((width - 2 * box.padding) / (box.letter + 0.6));
  return html`<g
    ><title>${group.name}: ${group.pools.map(formatPool).join('; ')}</title>
    <rect
      x="${x}"
      y="${y}"
      width="${width}"
      height="${height}"
      rx="9"
      fill="var(--page)"
      stroke="var(--line)"
      stroke-width="1.5"
    />
    <text x="${x + box.padding}" y="${y + 21}" font-size="13.5" font-weight="600" fill="var(--ink)"
      >${shorten(group.name, letters)}</text
    >
    ${group.pools.map((pool, place) => drawPool(pool, at, place))}</g
  >`;
}

/** A smooth way through points. */
function pathOf(points: readonly { x: number; y: number }[]): string {
  const at = ({ x, y }: { x: number; y: number }) => `${x.toFixed(1)},${y.toFixed(1)}`;
  const [first, ...rest] = points;
  const bends = rest.slice(0, -1).map((point, place) => {
    const next = rest[place + 1]!;
    const isLast = place === rest.length - 2;
    const end = isLast ? next : { x: (point.x + next.x) / 2, y: (point.y + next.y) / 2 };
    return `Q${at(point)} ${at(end)}`;
  });
  return `M${at(first!)}${bends.length > 0 ? bends.join('') : `L${at(rest[0]!)}`}`;
}

function drawGraph({ width, height, boxes, lines }: Layout, id: string, label: string): Markup {
  return html`<svg
    xmlns="http://www.w3.org/2000/svg"
    width="${width}"
    height="${height}"
    viewBox="0 0 ${width} ${height}"
    role="img"
    aria-label="${label}"
    font-family="system-ui, sans-serif"
  >
    <defs>
      <marker id="${id}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
        <path d="M0,0.5L8,4L0,7.5Z" fill="var(--muted)" />
      </marker>
    </defs>
    ${lines.map(({ points }) => html`<path d="${pathOf(points)}" fill="none" stroke="var(--muted)" stroke-width="1.4" marker-end="url(#${id})" />`)}
    ${boxes.map(drawBox)}
  </svg>`;
}

/** Drawn from left to right where the page has room for that, else downwards. */
async function drawBoth(pipeline: Pipeline, { groups }: ReportPlan['estimate'], id: string): Promise<Markup> {
  const label = groups
    .map(({ name, pools }) => `${name} on ${pools.map(formatPool).join(' and ')}`)
    .join(', ');
  const down = await layOut(pipeline, groups, sizeOf, 'down');
  const right = await layOut(pipeline, groups, sizeOf, 'right');
  const wide = right.width <= page ? right : down;
  return html`<div class="wide scroll">${drawGraph(wide, `${id}-wide`, label)}</div>
    <div class="narrow scroll">${drawGraph(down, `${id}-narrow`, label)}</div>`;
}

/** Groups as they are deployed, with the numbers of their pools. @param id of this graph on the page */
export async function graphSection(
  report: Report,
  plan: ReportPlan,
  title: string,
  id: string,
): Promise<Markup> {
  const { system } = report;
  const rows = plan.estimate.groups.flatMap(({ name, pools }) =>
    pools.map(({ hardware, batch, replicas, utilisation, meanBatch, share }, place) => {
      const price = system.typeOf(hardware)?.price;
      return [
        place === 0 ? name : '',
        hardware,
        batch,
        replicas,
        formatShare(utilisation),
        formatMean(meanBatch),
        formatShare(share),
        price === undefined ? '' : formatDollars(price * replicas),
      ];
    }),
  );
  const headings = ['group', 'hardware', 'batch', 'replicas', 'busy', 'mean batch', 'items', 'USD per hour'];
  return html`<section class="whole">
    <h2>${title}</h2>
    <figure>
      <figcaption>
        Groups of stages, their pools, and the share of the time that each pool's replicas are busy, red above
        90 %.
      </figcaption>
      ${await drawBoth(system.pipeline, plan.estimate, id)}
    </figure>
    ${table(headings, rows)}
  </section>`;
}
