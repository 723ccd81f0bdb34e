/** Charts as SVG. */
import type { Spec } from 'vega';
import { html, Markup } from './html.ts';

/** Room a chart has, in pixels. */
export interface Size {
  width: number;
  /** Whether it is for a page as narrow as a phone. */
  narrow: boolean;
}

/** What a chart is of the width it is given: marks, scales and axes. */
export type Draw = (size: Size) => Spec;

const sizes: readonly Size[] = [
  { width: 500, narrow: false },
  { width: 330, narrow: true },
];

const font = 'system-ui, sans-serif';

const config: Spec['config'] = {
  background: null,
  axis: {
    labelColor: 'var(--muted)',
    labelFont: font,
    labelFontSize: 12,
    titleColor: 'var(--muted)',
    titleFont: font,
    titleFontSize: 12,
    titleFontWeight: 'normal',
    titlePadding: 6,
    domainColor: 'var(--line)',
    tickColor: 'var(--line)',
    gridColor: 'var(--line)',
    labelOverlap: 'greedy',
    labelPadding: 5,
  },
  text: { font, fontSize: 12 },
};

/**
 * Draws a chart twice, for a wide page and for a phone's; the style sheet shows one of them.
 *
 * @param label what a reader who can't see it is told
 */
export async function drawChart(label: string, draw: Draw): Promise<Markup> {
  // Of no use to anyone who makes no report.
  const { parse, View } = await import('vega');
  const drawn = await Promise.all(
    sizes.map(async size => {
      // Letters reach below the line that the library reckons with.
      const spec: Spec = { padding: { left: 2, top: 5, right: 5, bottom: 6 }, ...draw(size) };
      const view = new View(parse(spec, config), { renderer: 'none' });
      const svg = await view.toSVG();
      view.finalize();
      const kind = size.narrow ? 'narrow' : 'wide';
      // What the drawing says of its parts would be read out one by one.
      return html`<div class="${kind}" role="img" aria-label="${label}">${new Markup(svg)}</div>`;
    }),
  );
  return html`${drawn}`;
}
