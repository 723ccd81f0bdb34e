/** How a pipeline does now: its latency against the objectives, rate and outcomes. */
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
  const { recent, objectives, outcomes } = pipeline;
  const failures = Object.entries(outcomes).filter(([name, number]) => name !== 'ok' && number > 0);
  const failed = failures.reduce((sum, [, number]) => sum + number, 0);
  const reasons = failures.map(([name, number]) => `${count(number)} ${name}`).join(', ');
  return (
    <dl class="figures">
      <Figure name="rate" value={rate(recent.rate)} note="last minute" />
      {(['p50', 'p95', 'p99'] as const).map(name => {
        const limit = objectives.find(({ percentile }) => `p${percentile}` === name)?.limit;
        const value = recent.latency[name];
        return (
          <Figure
            key={name}
            name={name}
            value={duration(value)}
            {...(limit !== undefined && { note: `SLO ${duration(limit)}` })}
            late={limit !== undefined && value !== null && value > limit}
          />
        );
      })}
      {objectives.map(({ percentile, limit, counted, met }) => (
        <Figure
          key={percentile}
          name={`within ${duration(limit)}`}
          value={share(counted > 0 ? met / counted : null)}
          note={`SLO ${percentile} %`}
          late={counted > 0 && met / counted < percentile / 100}
        />
      ))}
      <Figure name="answered" value={count(outcomes['ok'] ?? 0)} note="since the start" />
      <Figure
        name="failed"
        value={count(failed)}
        note={reasons === '' ? 'none' : reasons}
        late={failed > 0}
      />
    </dl>
  );
}
