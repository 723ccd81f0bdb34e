/** The report: one page of HTML that needs nothing beside it, and no network. */
import { comparePlans } from './comparison.ts';
import { formatObjective, formatWorkload } from './format.ts';
import { frontierSections } from './frontier-section.ts';
import { graphSection } from './graph-section.ts';
import { headlinesOf, tellSearch, tellVerdict } from './headline.ts';
import { headroomSection } from './headroom-section.ts';
import { html, Markup } from './html.ts';
import { latencySections } from './latency-section.ts';
import { plansOf, type Report, type ReportPlan } from './report.ts';
import { style } from './style.ts';
import { table } from './table.ts';
import { timeSection } from './time-section.ts';

function verdict(plan: ReportPlan, { slo, other }: Report): Markup | undefined {
  const told = tellVerdict(plan, slo);
  if (told === undefined) return undefined;
  const who = other ? plan.name : 'This plan';
  return html`<p class="verdict ${plan.estimate.feasible ? 'met' : 'missed'}">${who} ${told}</p> `;
}

function headlines({ plan, slo, headroom }: Report): Markup {
  const boxes = headlinesOf(plan, slo, headroom).map(
    ({ name, figure, detail }) =>
      html`<div>
        <dt>${name}</dt>
        <dd>${figure}${detail === undefined ? undefined : html`<small>${detail}</small>`}</dd>
      </div>`,
  );
  return html`<dl class="headline">${boxes}</dl>`;
}

function comparison({ plan, other }: Report): Markup | undefined {
  if (!other) return undefined;
  const rows = comparePlans(plan, other).map(({ name, figures, difference }) => [
    name,
    ...figures,
    difference,
  ]);
  return html`<section class="whole">
    <h2>Side by side</h2>
    ${table(['', plan.name, other.name, 'difference'], rows)}
  </section>`;
}

/**
 * The report of a plan as the text of an HTML file.
 *
 * The plan has been estimated; nothing is worked out here. Charts are drawn by a library that is loaded only now.
 */
export async function renderReport(report: Report): Promise<string> {
  const { system, workload, slo, plan, other } = report;
  const { name, description } = system.pipeline;
  const objectives = slo.map(formatObjective).join(', ') || 'no SLO';
  const plans = plansOf(report);
  const titled = (what: string, { name }: ReportPlan) => (other ? `${what}: ${name}` : what);
  const searched = plan.search && tellSearch(plan.search, plan.estimate.predicted.cost);
  const graphs = [];
  const times = [];
  for (const [at, each] of plans.entries()) {
    graphs.push(await graphSection(report, each, titled('The plan', each), `arrow${at}`));
    times.push(await timeSection(each, titled('Where the time goes', each)));
  }
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${name}: plan for ${formatWorkload(workload)}</title>
        <style>
          ${new Markup(style)}
        </style>
      </head>
      <body>
        <main>
          <header>
            <h1>${name}</h1>
            ${description === '' ? undefined : html`<p class="muted">${description}</p>`}
            <p class="muted">${formatWorkload(workload)} · ${objectives}</p>
            ${plans.map(each => verdict(each, report))} ${headlines(report)}
            ${searched === undefined ? undefined : html`<p class="muted">The search: ${searched}.</p>`}
          </header>
          <div class="cards">
            ${comparison(report)} ${graphs} ${await latencySections(report)} ${await frontierSections(report)}
            ${times} ${await headroomSection(report)}
          </div>
          <footer>Latencies are predicted by simulation, of all seeds together. Made by millrace.</footer>
        </main>
      </body>
    </html> `;
  return `${page.text.trim()}\n`;
}
