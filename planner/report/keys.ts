import { html, type Markup } from './html.ts';
import { colours, type ReportPlan } from './report.ts';

/** What colours stand for, by their class in the style sheet. */
export function keys(meanings: Readonly<Record<string, string>>): Markup {
  const each = Object.entries(meanings).map(
    ([name, meaning]) => html`<span><i class="key ${name}"></i>${meaning}</span> `,
  );
  return html`<span class="keys">${each}</span>`;
}

/** Which plan is which. */
export function planKeys(plans: readonly ReportPlan[]): Markup {
  return keys(Object.fromEntries(plans.map(({ name }, at) => [colours[at]!.key, name])));
}
