/** What the server tells of itself, as the page reads it, and asking for it once a second. */
import { useEffect, useState } from 'preact/hooks';

/** Milliseconds; null where nothing was measured. */
export interface Latencies {
  p50: number | null;
  p95: number | null;
  p99: number | null;
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
  pools: readonly PoolStatus[];
  recent: { meanBatch: number | null };
}

export interface StageStatus {
  name: string;
  operator: string;
  scope: 'query' | 'item';
  /** Of the last minute: items per second, and how long each waited and took. */
  recent: { rate: number; queue: Latencies; service: Latencies };
}

export interface PortType {
  datatype: string;
  shape?: readonly (number | string)[];
}

/** `from` null: an input of the pipeline, named in `ports`. */
export interface Edge {
  from: string | null;
  to: string | null;
  ports: readonly string[];
}

/** Latencies of five seconds. */
export interface Point extends Latencies {
  /** When they ended, in milliseconds since the epoch. */
  at: number;
}

export interface Objective {
  percentile: number;
  /** Milliseconds. */
  limit: number;
  /** Queries that count for it, and those within its limit, ever. */
  counted: number;
  met: number;
}

/** What a plan was made for, and what was predicted. */
export interface Plan {
  workload?: { rate?: number; cv?: number; trace?: string };
  predicted?: Readonly<Record<string, unknown>>;
}

/** What changes replicas, and what it decided last, oldest first. */
export interface TunerStatus {
  mode: 'scale' | 'replan';
  /** `at` in milliseconds since the epoch. */
  decisions: readonly { at: number; kind: string; reason: string }[];
}

export interface PipelineStatus {
  name: string;
  version: string;
  description: string;
  state: string;
  reason: string;
  inputs: Readonly<Record<string, PortType>>;
  stages: readonly StageStatus[];
  edges: readonly Edge[];
  groups: readonly GroupStatus[];
  plan: Plan | null;
  tuner: TunerStatus | null;
  objectives: readonly Objective[];
  live: { queries: number };
  /** Queries since the start, by outcome; `ok` answered. */
  outcomes: Readonly<Record<string, number>>;
  /** `series` of the last five minutes, oldest first; the rest of the last minute. */
  recent: { rate: number; latency: Latencies; series: readonly Point[] };
}

export interface ServerStatus {
  version: string;
  implementation: string | null;
  /** Seconds. */
  uptime: number;
  connections: number;
  memory: { rss: number };
  loopDelay: { p99: number };
}

/** `GET /v2/millrace/status`, as far as the page reads it. */
export interface Status {
  server: ServerStatus;
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
