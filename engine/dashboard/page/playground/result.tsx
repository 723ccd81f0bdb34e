/** An answer as it is best looked at: bars for labels and scores, else what it says. */
import { duration } from '../format.ts';
import type { Answer } from './infer.ts';

function listOf<Of>(value: unknown, is: (item: unknown) => item is Of): Of[] | null {
  const list = Array.isArray(value) ? value : [value];
  return list.length > 0 && list.every(is) ? list : null;
}

const isText = (item: unknown): item is string => typeof item === 'string';
const isNumber = (item: unknown): item is number => typeof item === 'number';

/** Labels and a score for each, where there are such outputs. */
export function scoresOf(outputs: Answer['outputs']): { label: string; score: number }[] | null {
  const labels = listOf(outputs['labels'], isText);
  const scores = listOf(outputs['scores'], isNumber);
  if (!labels || !scores || labels.length !== scores.length) return null;
  return labels.map((label, index) => ({ label, score: scores[index]! }));
}

export function Bars({ scores }: { scores: readonly { label: string; score: number }[] }) {
  return (
    <div class="bars" role="list">
      {scores.map(({ label, score }) => (
        <div class="bar" role="listitem" key={label}>
          <span>{label}</span>
          <i style={{ width: `${Math.max(0, Math.min(1, score)) * 100}%` }} />
          <span class="number">{(100 * score).toFixed(1)} %</span>
        </div>
      ))}
    </div>
  );
}

export function Took({ answer }: { answer: Answer }) {
  return <p class="muted small number">answered in {duration(answer.latency)}, as this page saw it</p>;
}

export function Plain({ answer }: { answer: Answer }) {
  return (
    <details>
      <summary class="muted small">the answer as it came</summary>
      <pre>{JSON.stringify(answer.outputs, null, 2)}</pre>
    </details>
  );
}
