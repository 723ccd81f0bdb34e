/**
 * Does the engine keep its promises while everything goes wrong at random: processes killed, operators that throw, hang,
 * crash and are late, queries cancelled and out of time, changes of plan? Fails if it does not.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Engine, loadPipeline, MillraceError, type Deployment } from '../../engine/index.ts';
import { projectFile, type Bench } from '../bench.ts';
import { children } from '../faults/children.ts';
import { Traffic, type Outcome } from '../faults/traffic.ts';
import { median } from '../measure.ts';
import { figure, showProgress } from '../report.ts';

/** Queries per second. */
const rate = 60;

/** Kinds of queries, with their shares; the rest is plain. What each may end with beside its answer. */
const kinds: Readonly<Record<string, { share: number; ends: readonly Outcome[] }>> = {
  poison: { share: 0.02, ends: ['stage-failed'] },
  late: { share: 0.001, ends: ['deadline-exceeded'] },
  crash: { share: 0.0005, ends: ['stage-failed'] },
  hang: { share: 0.0005, ends: ['deadline-exceeded'] },
  cancelled: { share: 0.05, ends: ['cancelled'] },
  hasty: { share: 0.05, ends: ['deadline-exceeded', 'overloaded'] },
};

/** Kinds that may not be answered. */
const guilty: ReadonlySet<string> = new Set(['poison', 'late', 'crash', 'hang']);

/**
 * What an innocent query may end with, seldom: its worker was killed twice in a row, the group had too many losses and
 * took none, or the machine had no time for it.
 */
const unlucky: readonly Outcome[] = ['stage-failed', 'unavailable', 'deadline-exceeded'];
/** Share of all queries that may be unlucky. */
const mostUnlucky = 0.1;

/** Resident memory at the end over that after a quarter of the time. */
const mostGrowth = 1.3;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const between = (least: number, most: number) => least + Math.floor(Math.random() * (most - least + 1));

function anyDeployment(): Deployment {
  return ['prepare', 'model'].map(stage => ({
    name: stage,
    stages: [stage],
    pools: [
      {
        hardware: 'cpu',
        device: 'cpu',
        threads: 1,
        batch: between(1, 6),
        replicas: between(2, 3),
        maxWait: 0,
      },
    ],
  }));
}

function anyKind(): string {
  let rest = Math.random();
  for (const [kind, { share }] of Object.entries(kinds)) {
    rest -= share;
    if (rest < 0) return kind;
  }
  return 'plain';
}

function ask(engine: Engine, text: string): ReturnType<Engine['infer']> {
  if (text.startsWith('hasty')) return engine.infer({ text }, { timeout: between(1, 40) });
  if (!text.startsWith('cancelled')) return engine.infer({ text });
  const cancel = new AbortController();
  setTimeout(() => cancel.abort(), between(0, 30));
  return engine.infer({ text }, { signal: cancel.signal });
}

/** Does something every so often, until the signal comes. @param pause milliseconds, on average */
async function keepOn(pause: number, signal: AbortSignal, act: () => void | Promise<void>): Promise<void> {
  while (!signal.aborted) {
    await sleep(pause * (0.5 + Math.random()), undefined, { signal }).catch(() => undefined);
    if (!signal.aborted) await act();
  }
}

function judge(kind: string, outcome: Outcome): 'fine' | 'unlucky' | 'wrong' {
  if (outcome === 'answered') return guilty.has(kind) ? 'wrong' : 'fine';
  if (kinds[kind]?.ends.includes(outcome)) return 'fine';
  return unlucky.includes(outcome) ? 'unlucky' : 'wrong';
}

/** What is still held, waits or runs. */
function leftIn(engine: Engine): number {
  const { queries, bytes, groups } = engine.status();
  const inGroups = groups.map(({ waiting, pools }) => pools.reduce((sum, { busy }) => sum + busy, waiting));
  return inGroups.reduce((sum, count) => sum + count, queries + bytes);
}

export const bench: Bench = async ({ quick, duration = 30 * 60_000 }) => {
  const length = quick ? 10_000 : duration;
  const pipeline = await loadPipeline(projectFile('bench/faults/faults.yaml'));
  const engine = await Engine.start(pipeline, { deployment: anyDeployment() });
  const traffic = new Traffic({ ask: text => ask(engine, text), kindOf: anyKind });
  const signal = AbortSignal.timeout(length);
  const counts = { kills: 0, changes: 0 };
  const memory: number[] = [];
  await Promise.all([
    traffic.send(rate, signal),
    keepOn(5000, signal, () => {
      const pids = children();
      if (pids.length === 0) return;
      process.kill(pids[between(0, pids.length - 1)]!, 'SIGKILL');
      counts.kills++;
    }),
    keepOn(4000, signal, async () => {
      // A worker that is killed while it starts fails the change, which then leaves all as it was.
      await engine.apply(anyDeployment()).catch((error: unknown) => {
        if (!(error instanceof MillraceError)) throw error;
      });
      counts.changes++;
    }),
    keepOn(1000, signal, () => {
      collect();
      memory.push(process.memoryUsage.rss());
      showProgress(`${traffic.asked} queries, ${counts.kills} kills, ${counts.changes} changes of plan…`);
    }),
  ]);
  // Batches that nobody waits for may run on for as long as their time limit.
  const patience = performance.now() + 5000;
  while (leftIn(engine) > 0 && performance.now() < patience) await sleep(20);
  const left = leftIn(engine);
  await engine.close();
  const orphans = children().length;
  const quarter = Math.floor(memory.length / 4);
  const growth = median(memory.slice(-quarter)) / median(memory.slice(quarter, 2 * quarter));
  const judged = (as: ReturnType<typeof judge>) =>
    traffic.all.filter(({ kind, outcome }) => judge(kind, outcome) === as);
  const total = (of: typeof traffic.all) => of.reduce((sum, { count }) => sum + count, 0);
  const wrong = judged('wrong');
  const figures = {
    seconds: length / 1000,
    queries: traffic.asked,
    never_ended: traffic.asked - traffic.ended,
    mixed: traffic.count('mixed'),
    wrong: total(wrong),
    unlucky: total(judged('unlucky')),
    ...counts,
    left,
    orphans,
    memory_growth: figure(growth),
  };
  const problems = [
    figures.never_ended > 0 && `${figures.never_ended} queries never ended`,
    wrong.length > 0 && `wrong ends: ${JSON.stringify(wrong)}`,
    figures.unlucky > mostUnlucky * traffic.asked && `${figures.unlucky} innocent queries failed`,
    left > 0 && `${left} are left of queries, bytes, items and busy replicas`,
    orphans > 0 && `${orphans} processes are left`,
    !quick && growth > mostGrowth && `memory grew ${growth.toFixed(2)}-fold`,
  ].filter(Boolean);
  if (problems.length > 0) throw new Error(`the engine broke its promises: ${problems.join('; ')}`);
  const outcomes = [...new Set(traffic.all.map(({ outcome }) => outcome))].toSorted();
  return {
    figures,
    tables: [
      {
        title: 'how queries ended, by kind',
        headings: ['kind', ...outcomes],
        rows: ['plain', ...Object.keys(kinds)].map(kind => [
          kind,
          ...outcomes.map(outcome => String(traffic.count(outcome, kind))),
        ]),
      },
    ],
  };
};
