/** What the server tells of itself, as the page reads it, and asking for it once a second. */
import { useEffect, useState } from 'preact/hooks';

export interface Latencies {
  p50: number;
  p95: number;
  p99: number;
}

export interface PoolStatus {
  hardware: string;
  batch: number;
  idle: number;
  busy: number;
}

export interface GroupStatus {
  name: string;
  stages: readonly string[];
  waiting: number;
  meanBatch: number | null;
  pools: readonly PoolStatus[];
}

export interface StageStatus {
  name: string;
  operator: string;
  perItem: boolean;
  /** Items per query lately. */
  items: number | null;
  /** Milliseconds of an item, lately; null if none came. */
  queue: Latencies | null;
  service: Latencies | null;
}

export interface Tensor {
  name: string;
  datatype: string;
  shape: readonly (number | string)[];
}

/** Latencies of one stretch of time. */
export interface Point extends Latencies {
  /** Seconds since the epoch. */
  time: number;
  count: number;
}

export interface PipelineStatus {
  name: string;
  version: string;
  description: string;
  state: string;
  reason: string;
  /** By percentile, in milliseconds: `{ p99: 100 }`. */
  slo: Readonly<Record<string, number>>;
  inputs: readonly Tensor[];
  outputs: readonly Tensor[];
  stages: readonly StageStatus[];
  /** Names of stages, or of an input in front of them: `inputs.NAME`. */
  edges: readonly { from: string; to: string }[];
  groups: readonly GroupStatus[];
  /** Of the last minute. */
  latency: Latencies | null;
  /** Queries per second of the last minute. */
  rate: number;
  /** Share of the last minutes' queries within each objective. */
  attainment: Readonly<Record<string, number | null>>;
  /** Oldest first. */
  recent: readonly Point[];
  /** Queries since the start, by outcome; `ok` answered. */
  outcomes: Readonly<Record<string, number>>;
  plan: Plan | null;
}

export interface Plan {
  workload: string | null;
  /** Milliseconds by percentile. */
  latency: Readonly<Record<string, number>>;
  /** Share of the time that replicas are busy, by group. */
  utilisation: Readonly<Record<string, number>>;
  /** US dollars per hour. */
  cost: number | null;
}

export interface Status {
  server: {
    version: string;
    implementation: string;
    uptime: number;
    connections: number;
    memory: number;
    loopDelay: number;
  };
  pipelines: readonly PipelineStatus[];
}

/** What is known now: the last status there was, and why there is no newer one. */
export interface Known {
  status: Status | null;
  problem: 'none' | 'unreachable' | 'key';
}

const every = 1000;
const keyName = 'millrace-key';

export function storedKey(): string | null {
  return sessionStorage.getItem(keyName);
}

export function storeKey(key: string): void {
  sessionStorage.setItem(keyName, key);
}

/** Headers of every request: the key, where one was given. */
export function authorization(): Record<string, string> {
  const key = storedKey();
  return key === null ? {} : { authorization: `Bearer ${key}` };
}

async function ask(): Promise<Known> {
  const reply = await fetch('/v2/millrace/status', { headers: authorization() });
  if (reply.status === 401) return { status: null, problem: 'key' };
  if (!reply.ok) return { status: null, problem: 'unreachable' };
  return { status: (await reply.json()) as Status, problem: 'none' };
}

/** Asks once a second while the page is looked at. */
export function useStatus(): Known {
  const [known, setKnown] = useState<Known>({ status: null, problem: 'none' });
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    let ended = false;
    const turn = async () => {
      const next = document.hidden
        ? null
        : await ask().catch((): Known => ({ status: null, problem: 'unreachable' }));
      if (ended) return;
      if (next) setKnown(before => ({ status: next.status ?? before.status, problem: next.problem }));
      timer = setTimeout(turn, every);
    };
    void turn();
    return () => {
      ended = true;
      clearTimeout(timer);
    };
  }, []);
  return known;
}
