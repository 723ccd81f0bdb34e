/**
 * What replicas that share a processor and an engine's thread do, as the machine-repairman model of queueing theory has it
 * (Palm 1947): each of them works on a batch, then waits for its turn on the engine's thread, which takes the results and
 * sends the next one.
 */

export interface Round {
  /** Milliseconds of one batch, alone: on its replica, and on the engine's thread. */
  service: number;
  main: number;
  replicas: number;
  /** Threads that a replica is meant to keep busy, and those that run at a time. */
  threads: number;
  cores: number;
}

/**
 * Batches per millisecond of all replicas together, if each keeps so many threads busy. While more threads are busy than
 * there are cores, all of them go on more slowly, each with an equal share. Times are exponential, which matters little.
 */
function throughput({ service, main, replicas, cores }: Omit<Round, 'threads'>, threads: number): number {
  // By the number of replicas that wait for the engine's thread, or are there: how likely that is, relative to none.
  let likelihood = 1;
  let sum = 0;
  let ended = 0;
  for (let waiting = 0; waiting <= replicas; waiting++) {
    const busy = (replicas - waiting) * threads + (waiting > 0 ? 1 : 0);
    const slower = Math.max(1, busy / cores);
    sum += likelihood;
    const begun = likelihood * ((replicas - waiting) / (service * slower));
    ended += begun;
    const next = (replicas - waiting - 1) * threads + 1;
    likelihood = begun * main * Math.max(1, next / cores);
  }
  return ended / sum;
}

/**
 * How many threads each replica keeps busy, if they do so many batches per millisecond: found by halving.
 * @returns as many as they are meant to, up to those of all replicas
 */
export function busyThreads(round: Round, batches: number): number {
  let [low, high] = [round.threads, round.threads * round.replicas];
  if (throughput(round, low) <= batches) return low;
  for (let step = 0; step < 30; step++) {
    const middle = (low + high) / 2;
    if (throughput(round, middle) > batches) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
