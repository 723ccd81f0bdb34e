/** What the tuner decided last, and why. */
import { timeOfDay } from './format.ts';
import type { TunerStatus } from './status.ts';

/** Decisions that are shown. */
const shown = 8;

export function TunerList({ tuner: { mode, decisions } }: { tuner: TunerStatus }) {
  const last = decisions.slice(-shown).toReversed();
  return (
    <>
      <p class="muted small">
        {mode === 'scale' ? 'Replicas follow the traffic.' : 'Replicas and plan follow the traffic.'}
        {last.length === 0 && ' Nothing had to be changed yet.'}
      </p>
      <ol class="decisions">
        {last.map(({ at, kind, reason }) => (
          <li key={`${at} ${reason}`}>
            <time class="muted" dateTime={new Date(at).toISOString()}>
              {timeOfDay(at)}
            </time>{' '}
            <strong>{kind}</strong> {reason}
          </li>
        ))}
      </ol>
    </>
  );
}
