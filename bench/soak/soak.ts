/**
 * Does the engine keep its promises while everything goes wrong at random: processes killed, operators that throw, hang,
 * crash and are late, queries cancelled and out of time, changes of plan? Fails if it does not.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Engine, loadPipeline, MillraceError, type Deployment } from '../../engine/index.ts';
import { projectFile, type Bench } from '../bench.ts';
import { children } from '../faults/children.ts';
import { Traffic, type Ended } from '../faults/traffic.ts';
import { median } from '../measure.ts';
import { figure, showProgress } from '../report.ts';

/** Queries per second. */
const rate = 60;

/** Kinds of queries, with their shares; the rest is plain. What each may end with beside its answer. */
const kinds: Readonly<Record<string, { share: number; ends: readonly Ended['outcome'][] }>> = {
  poison: { share: 0.02, ends: ['stage-failed'] },
  late: { share: 0.01, ends: ['deadline-exceeded'] },
  crash: { share: 0.003, ends: ['stage-failed'] },
  hang: { share: 0.003, ends: ['deadline-exceeded'] },
  cancelled: { share: 0.05, ends: ['cancelled'] },
  hasty: { share: 0.05, ends: ['deadline-exceeded', 'overloaded'] },
};

/** Kinds that may not be answered. */
const guilty: ReadonlySet<string> = new Set(['poison', 'late', 'crash', 'hang']);

/**
 * What an innocent query may end with, seldom: its worker was killed twice in a row, or the group had too many losses
 * and took none.
 */
const unlucky: readonly Ended['outcome'][] = ['stage-failed', 'unavailable'];
/** Share of all queries that may be unlucky. */
const mostUnlucky = 0.02;

/** Resident memory at the end over that after a quarter of the time. */
const mostGrowth = 1.3;

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

function anyKind(query: number): string {
  let rest = Math.random();
  for (const [kind, { share }] of Object.entries(kinds)) {
    rest -= share;
    if (rest < 0) return `${kind} ${query}`;
  }
  return `plain ${query}`;
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

/** How a query ended, judged by its kind. */
function judge({ text, outcome }: Ended): 'fine' | 'unlucky' | 'wrong' {
  const [kind] = text.split(' ') as [string];
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
  const traffic = new Traffic(text => ask(engine, text), anyKind);
  const signal = AbortSignal.timeout(length);
  const counts = { kills: 0, changes: 0 };
  const memory: number[] = [];
  await Promise.all([
    traffic.send(rate, signal),
    keepOn(4000, signal, () => {
      const pids = children();
      if (pids.length === 0) return;
      process.kill(pids[between(0, pids.length - 1)]!, 'SIGKILL');
      counts.kills++;
    }),
    keepOn(3000, signal, async () => {
      // A worker that is killed while it starts fails the change, which then leaves all as it was.
      await engine.apply(anyDeployment()).catch((error: unknown) => {
        if (!(error instanceof MillraceError)) throw error;
      });
      counts.changes++;
    }),
    keepOn(1000, signal, () => {
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
  const wrong = traffic.ended.filter(ended => judge(ended) === 'wrong');
  const figures = {
    seconds: length / 1000,
    queries: traffic.asked,
    never_ended: traffic.asked - traffic.ended.length,
    mixed: traffic.count(({ outcome }) => outcome === 'mixed'),
    wrong: wrong.length,
    unlucky: traffic.count(ended => judge(ended) === 'unlucky'),
    ...counts,
    left,
    orphans,
    memory_growth: figure(growth),
  };
  const problems = [
    figures.never_ended > 0 && `${figures.never_ended} queries never ended`,
    wrong.length > 0 && `wrong ends: ${JSON.stringify(wrong.slice(0, 5))}`,
    figures.unlucky > mostUnlucky * traffic.asked && `${figures.unlucky} innocent queries failed`,
    left > 0 && `${left} are left of queries, bytes, items and busy replicas`,
    orphans > 0 && `${orphans} processes are left`,
    !quick && growth > mostGrowth && `memory grew ${growth.toFixed(2)}-fold`,
  ].filter(Boolean);
  if (problems.length > 0) throw new Error(`the engine broke its promises: ${problems.join('; ')}`);
  const outcomes = [...new Set(traffic.ended.map(({ outcome }) => outcome))].toSorted();
  return {
    figures,
    tables: [
      {
        title: 'how queries ended, by kind',
        headings: ['kind', ...outcomes],
        rows: ['plain', ...Object.keys(kinds)].map(kind => [
          kind,
          ...outcomes.map(outcome =>
            String(traffic.count(ended => ended.outcome === outcome && ended.text.startsWith(`${kind} `))),
          ),
        ]),
      },
    ],
  };
};
