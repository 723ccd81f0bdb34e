/**
 * What do live changes of plan and killed replicas cost the queries that are under way? Beside each, in the same run, the
 * plain way: stop, and start again.
 */
import type { Bench } from '../bench.ts';
import { median } from '../measure.ts';
import { figure } from '../report.ts';
import { measureChanges } from './changes.ts';
import { measureKills } from './kills.ts';

/** Nearest rank. */
function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
}

export const bench: Bench = async ({ quick }) => {
  const counts = quick
    ? { live: 20, restart: 3, kills: 4, plain: 2 }
    : { live: 1000, restart: 50, kills: 100, plain: 20 };
  const live = await measureChanges('live', counts.live);
  const restart = await measureChanges('restart', counts.restart);
  const replaced = await measureKills('replace', counts.kills);
  const restarted = await measureKills('restart', counts.plain);
  const changesRow = (name: string, of: typeof live) =>
    [name, of.changes, of.asked, of.failed, of.lost, of.mixed, of.late].map(String);
  const killsRow = (name: string, of: typeof replaced) => [
    ...[name, of.kills, of.asked, of.lost, of.mixed, of.late].map(String),
    `${median(of.recovery).toFixed(0)} ms`,
    `${percentile(of.recovery, 0.99).toFixed(0)} ms`,
  ];
  return {
    figures: {
      changes: live.changes,
      failed: live.failed,
      lost: live.lost + replaced.lost,
      mixed: live.mixed + replaced.mixed,
      late: live.late + replaced.late,
      kills: replaced.kills,
      recovery_ms: figure(percentile(replaced.recovery, 0.99)),
      plain: {
        changes: restart.changes,
        failed: restart.failed,
        kills: restarted.kills,
        lost: restarted.lost,
        recovery_ms: figure(percentile(restarted.recovery, 0.99)),
      },
    },
    tables: [
      {
        title: 'changes of plan under load (late: over 500 ms)',
        headings: ['policy', 'changes', 'queries', 'failed', 'lost', 'mixed up', 'late'],
        rows: [changesRow('live', live), changesRow('stop and start', restart)],
      },
      {
        title: 'kill -9 of replicas under load; recovery: until the group has all its replicas again',
        headings: ['policy', 'kills', 'queries', 'lost', 'mixed up', 'late', 'recovery p50', 'p99'],
        rows: [killsRow('replace one', replaced), killsRow('restart all', restarted)],
      },
    ],
  };
};
