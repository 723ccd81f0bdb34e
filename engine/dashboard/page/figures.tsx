/** How a pipeline does now: its latency against the objective, rate and outcomes. */
import { count, duration, rate, share } from './format.ts';
import type { PipelineStatus } from './status.ts';

function Figure({ name, value, note, late }: { name: string; value: string; note?: string; late?: boolean }) {
  return (
    <div class={late ? 'late' : ''}>
      <dt>{name}</dt>
      <dd>
        {value}
        {note !== undefined && <small>{note}</small>}
      </dd>
    </div>
  );
}

export function Figures({ pipeline }: { pipeline: PipelineStatus }) {
  const { latency, slo, outcomes, attainment } = pipeline;
  const answered = outcomes['ok'] ?? 0;
  const failed = Object.entries(outcomes).filter(([name, number]) => name !== 'ok' && number > 0);
  const total = failed.reduce((sum, [, number]) => sum + number, 0);
  const reasons = failed.map(([name, number]) => `${count(number)} ${name}`).join(', ');
  return (
    <dl class="figures">
      <Figure name="rate" value={rate(pipeline.rate)} note="last minute" />
      {(['p50', 'p95', 'p99'] as const).map(name => {
        const limit = slo[name];
        const value = latency?.[name];
        return (
          <Figure
            key={name}
            name={name}
            value={duration(value)}
            {...(limit !== undefined && { note: `SLO ${duration(limit)}` })}
            late={limit !== undefined && value !== undefined && value > limit}
          />
        );
      })}
      {Object.entries(attainment).map(([name, within]) => (
        <Figure key={name} name={`within ${name}`} value={share(within)} note={`≤ ${duration(slo[name])}`} />
      ))}
      <Figure name="answered" value={count(answered)} note="since the start" />
      <Figure name="failed" value={count(total)} note={reasons === '' ? 'none' : reasons} late={total > 0} />
    </dl>
  );
}
