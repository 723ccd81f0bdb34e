import type { Draw } from './chart.ts';
import { formatRate } from './format.ts';
import type { Headroom } from './headroom.ts';
import { shorten } from './shorten.ts';

const row = 30;
const label = { wide: 22, narrow: 13 };
/** Bars end at this many times the rate: the groups that break last don't dwarf the first. */
export const longest = 4;

/** The rate that each group can take, beside this one and the highest within the objective. */
export function drawHeadroom({ rate, groups, highest }: Headroom): Draw {
  const end = rate * longest;
  const lines = [
    { at: rate, text: 'now', ink: 'var(--ink)' },
    ...(highest !== null && highest < end ? [{ at: highest, text: 'SLO', ink: 'var(--bad)' }] : []),
  ];
  const bars = groups.map(({ name, saturation }) => ({
    name,
    saturation: Math.min(saturation, end),
    text: formatRate(saturation),
    // Beside its bar, if there is room.
    ...(saturation < 0.75 * end ? { align: 'left', offset: 6 } : { align: 'right', offset: -6 }),
  }));
  return ({ width, narrow }) => {
    const most = narrow ? label.narrow : label.wide;
    const names = Object.fromEntries(groups.map(({ name }) => [name, shorten(name, most)]));
    return {
      width,
      height: 62 + row * groups.length,
      autosize: { type: 'fit', contains: 'padding' },
      data: [
        { name: 'bars', values: bars },
        { name: 'lines', values: lines },
      ],
      scales: [
        { name: 'x', type: 'linear', domain: [0, end], range: 'width' },
        { name: 'y', type: 'band', domain: groups.map(({ name }) => name), range: 'height', padding: 0.3 },
      ],
      axes: [
        {
          orient: 'bottom',
          scale: 'x',
          grid: true,
          domain: false,
          ticks: false,
          tickCount: 5,
          title: 'queries per second',
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
          from: { data: 'bars' },
          encode: {
            enter: {
              y: { scale: 'y', field: 'name' },
              height: { scale: 'y', band: 1 },
              x: { scale: 'x', value: 0 },
              x2: { scale: 'x', field: 'saturation' },
              fill: { value: 'var(--plan-soft)' },
              stroke: { value: 'var(--plan)' },
            },
          },
        },
        {
          type: 'text',
          from: { data: 'bars' },
          encode: {
            enter: {
              y: { scale: 'y', field: 'name', band: 0.5 },
              x: { scale: 'x', field: 'saturation', offset: { field: 'offset' } },
              align: { field: 'align' },
              baseline: { value: 'middle' },
              fill: { value: 'var(--ink)' },
              text: { field: 'text' },
            },
          },
        },
        {
          type: 'rule',
          from: { data: 'lines' },
          encode: {
            enter: {
              x: { scale: 'x', field: 'at' },
              y: { value: -4 },
              y2: { signal: 'height' },
              stroke: { field: 'ink' },
              strokeWidth: { value: 1.5 },
              strokeDash: { value: [5, 4] },
            },
          },
        },
        {
          type: 'text',
          from: { data: 'lines' },
          encode: {
            enter: {
              x: { scale: 'x', field: 'at' },
              y: { value: -8 },
              align: { signal: `datum.text === 'now' ? 'right' : 'left'` },
              fill: { field: 'ink' },
              text: { field: 'text' },
            },
          },
        },
      ],
    };
  };
}
