import { html, type Content, type Markup } from './html.ts';

/** A table whose first column names its rows; wider than the page, it scrolls by itself. */
export function table(headings: readonly string[], rows: readonly (readonly Content[])[]): Markup {
  const head = headings.map(heading => html`<th scope="col">${heading}</th>`);
  const body = rows.map(
    ([name, ...cells]) =>
      html`<tr>
        <th scope="row" class="left">${name}</th>
        ${cells.map(cell => html`<td>${cell}</td>`)}
      </tr>`,
  );
  return html`<div class="scroll">
    <table>
      <thead>
        <tr>
          ${head}
        </tr>
      </thead>
      <tbody>
        ${body}
      </tbody>
    </table>
  </div>`;
}

/** The numbers of a chart, folded away below it. */
export function numbers(headings: readonly string[], rows: readonly (readonly Content[])[]): Markup {
  return html`<details>
    <summary>Numbers</summary>
    ${table(headings, rows)}
  </details>`;
}
