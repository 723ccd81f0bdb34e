/**
 * The page's style sheet. Charts and the graph name its colours as custom properties, so that one drawing is for light
 * and dark.
 */
export const style = `
:root {
  color-scheme: light dark;
  --page: #f4f6f9; --card: #ffffff; --ink: #18202c; --muted: #5a6575; --line: #dfe4ec;
  --plan: #2463c8; --plan-soft: #2463c833; --other: #c25a12; --other-soft: #c25a1233;
  --queue: #e0a22e; --service: #2463c8; --good: #1a7f4b; --bad: #c42f3c; --good-soft: #1a7f4b1f; --bad-soft: #c42f3c1f;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0f141b; --card: #171e28; --ink: #e7ebf2; --muted: #9aa6b6; --line: #2b3442;
    --plan: #75a8ff; --plan-soft: #75a8ff33; --other: #f4a062; --other-soft: #f4a06233;
    --queue: #e5b550; --service: #75a8ff; --good: #55c892; --bad: #ff8087; --good-soft: #55c89226; --bad-soft: #ff808726;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 28px 20px 48px; }
h1 { font-size: 26px; line-height: 1.2; margin: 0 0 4px; overflow-wrap: anywhere; }
h2 { font-size: 17px; margin: 0 0 4px; }
p { margin: 0 0 12px; }
.muted, figcaption { color: var(--muted); }
.verdict { display: inline-block; padding: 3px 12px; border-radius: 999px; font-weight: 600; margin: 12px 0 16px; }
.verdict.met { color: var(--good); background: var(--good-soft); }
.verdict.missed { color: var(--bad); background: var(--bad-soft); }
.headline { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin: 0 0 16px; }
.headline div { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 10px 14px; }
.headline dt { color: var(--muted); font-size: 13px; }
.headline dd { margin: 0; font-size: 22px; font-weight: 600; font-variant-numeric: tabular-nums; }
.headline dd small { display: block; font-size: 13px; font-weight: 400; color: var(--muted); }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 480px), 1fr)); gap: 16px; }
section { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 16px 18px; min-width: 0; }
section.whole { grid-column: 1 / -1; }
figure { margin: 0; }
figure svg { display: block; max-width: 100%; height: auto; margin: 0 auto; }
figure .narrow { display: none; }
figcaption { font-size: 13px; margin-bottom: 8px; }
.keys span { white-space: nowrap; margin-right: 12px; }
.key { display: inline-block; width: 11px; height: 11px; border-radius: 2px; margin-right: 5px; vertical-align: -1px; }
i.plan { background: var(--plan); } i.other { background: var(--other); }
i.queue { background: var(--queue); } i.service { background: var(--service); } i.late { background: var(--bad); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 13.5px; font-variant-numeric: tabular-nums; margin-top: 8px; }
th, td { padding: 4px 8px; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { font-weight: 600; color: var(--muted); }
th:first-child, td:first-child, .left { text-align: left; }
tbody th { color: var(--ink); font-weight: 500; }
summary { cursor: pointer; color: var(--muted); font-size: 13px; margin-top: 8px; }
footer { color: var(--muted); font-size: 13px; margin-top: 20px; }
@media (max-width: 640px) {
  main { padding: 18px 12px 32px; }
  section { padding: 14px 12px; }
  figure .wide { display: none; }
  figure .narrow { display: block; }
  .headline { grid-template-columns: repeat(2, 1fr); gap: 8px; }
  .headline dd { font-size: 19px; }
}
@media print { details::details-content { content-visibility: visible; } section { break-inside: avoid; } }
`;
