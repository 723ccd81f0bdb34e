/** What batches of one take in a pipeline's own queries: in one that is alone there, and while all cores are busy. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clients, ClientsOptions } from './closed-loop.ts';
import type { CrowdedBatches } from './crowded-batches.ts';
import type { LoneBatches } from './lone-batches.ts';
import type { SampleQuery } from './recording.ts';
import { threadTime } from './thread-time.ts';

/** Milliseconds between queries. */
const rests = [1, 2, 4, 16];

/** Milliseconds after which it is another turn. */
const slice = 250;

/** Queries in flight among which a query certainly takes no less than alone. */
const several = 4;

/** Lone batches of a group in the first turn, from which on there will be enough of them to compare with crowded ones. */
const enough = 20;

/** Share of the time that the main thread may be busy: beyond, batches wait for it rather than for a core. */
const mostMain = 0.7;

export interface Watched {
  lone: LoneBatches;
  crowded: CrowdedBatches;
}

/**
 * Sends all samples, as often as there is time; nothing where there is none for all. One by one they come at once after the
 * last in one turn and after a rest in another, by when everything that they wake up is asleep, as they do in a plan that
 * meets its objective; where they take longer than that, it is nothing beside them. In a third kind of turn as many are in
 * flight as there are replicas for all cores: never more threads are busy then than cores, so that what takes longer does so
 * because they are not each on one of its own, or share caches and memory.
 */
export async function watchBatches(
  clients: Clients,
  samples: readonly SampleQuery[],
  { lone, crowded }: Watched,
  { budget, turn }: Pick<ClientsOptions, 'budget' | 'turn'>,
): Promise<void> {
  const longest = clients.pace * several;
  if (longest * samples.length > budget.left) return;

  const sendAlone = async (rest: number) => {
    const end = performance.now() + slice;
    do
      for (const sample of samples) {
        if (clients.aborted) return;
        if (turn) await budget.wait(turn);
        if (rest > 0) await sleep(rest);
        lone.sent(rest > 0);
        await clients.send(sample);
        lone.answered();
      }
    while (performance.now() < end && !budget.isOver);
  };
  const main = { time: 0, busy: 0 };
  const sendTogether = async () => {
    if (turn) await budget.wait(turn);
    const [start, before] = [performance.now(), threadTime()];
    const end = start + slice;
    crowded.watching = true;
    await clients.run(crowded.replicasAtOnce, () => performance.now() >= end);
    crowded.watching = false;
    main.time += performance.now() - start;
    main.busy += threadTime() - before;
  };

  await sendAlone(0);
  const isWorthIt = crowded.replicasAtOnce > 1 && lone.groups.some(({ batches }) => batches.length >= enough);
  while (!budget.isOver && !clients.aborted) {
    for (const rest of longest < rests.at(-1)! ? rests : [0]) {
      if (isWorthIt) await sendTogether();
      if (rest > 0 && !budget.isOver) await sendAlone(rest);
      if (!budget.isOver) await sendAlone(0);
    }
  }
  if (main.busy > mostMain * main.time) crowded.forget();
}
