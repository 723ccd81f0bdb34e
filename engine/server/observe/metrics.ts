/**
 * Metrics in Prometheus' format: base units, and labels whose values come from pipelines, plans and the error table,
 * never from clients.
 */
import { collectDefaultMetrics, Registry } from 'prom-client';
import { decisionKinds } from '../../../planner/index.ts';
import { boundsBetween } from './log-histogram.ts';
import type { Observed } from './observed.ts';
import { drops, outcomes } from './outcome.ts';
import { Presenter } from './presenter.ts';

/** 0.125 ms to 65.5 s. */
const latencies = { bounds: boundsBetween(-3, 16, 2), per: 1000 };
/** 0.0625 ms to 32.8 s. */
const stageTimes = { bounds: boundsBetween(-4, 15, 1), per: 1000 };
/** 1 to 1,024 items. */
const sizes = { bounds: boundsBetween(0, 10, 1), per: 1 };

function addQueries(presenter: Presenter): void {
  presenter.counter(
    'queries_total',
    'Queries that ended, by how: ok, or the code of an error.',
    ['code'],
    recorder => outcomes.map((code, place) => ({ labels: { code }, value: recorder.ended[place]! })),
  );
  presenter.counter(
    'dropped_queries_total',
    'Queries that were given up without a fault of what they carried, by reason.',
    ['reason'],
    recorder => drops.map(reason => ({ labels: { reason }, value: recorder.countOf(reason) })),
  );
  presenter.histogram(
    'query_latency_seconds',
    'From taking a query to its answer, of queries that were answered.',
    latencies,
    ({ latency }) => [{ labels: {}, histogram: latency }],
  );
  presenter.counter(
    'slo_queries_total',
    'Queries that count for the objective: all but those whose client is to blame or called them off.',
    ['objective'],
    ({ objectives, counted }) =>
      objectives.map(({ percentile }) => ({ labels: { objective: `p${percentile}` }, value: counted })),
  );
  presenter.counter(
    'slo_met_queries_total',
    "Of millrace_slo_queries_total, those answered within the objective's limit.",
    ['objective'],
    ({ objectives }) =>
      objectives.map(({ percentile, met }) => ({ labels: { objective: `p${percentile}` }, value: met })),
  );
  presenter.gauge('slo_limit_seconds', "The objective's limit.", ['objective'], ({ objectives }) =>
    objectives.map(({ percentile, limit }) => ({
      labels: { objective: `p${percentile}` },
      value: limit / 1000,
    })),
  );
}

function addStages(presenter: Presenter): void {
  presenter.histogram(
    'stage_queue_seconds',
    "What a stage's items waited in their queue.",
    stageTimes,
    ({ stages }) =>
      [...stages.values()].map(({ name, queue }) => ({ labels: { stage: name }, histogram: queue })),
  );
  presenter.histogram(
    'stage_service_seconds',
    "What a stage's items spent on a replica: the time of the batch each was in.",
    stageTimes,
    ({ stages }) =>
      [...stages.values()].map(({ name, service }) => ({ labels: { stage: name }, histogram: service })),
  );
  presenter.counter('stage_failures_total', 'Queries that failed at a stage.', ['stage'], ({ stages }) =>
    [...stages.values()].map(({ name, failures }) => ({ labels: { stage: name }, value: failures })),
  );
  presenter.counter(
    'wasted_seconds_total',
    "What replicas' time went into items whose queries had ended meanwhile: a batch is not broken off.",
    ['stage'],
    ({ stages }) =>
      [...stages.values()].map(({ name, wasted }) => ({ labels: { stage: name }, value: wasted / 1000 })),
  );
  presenter.histogram('batch_items', 'Items of the batches that replicas ran.', sizes, ({ groups }) =>
    groups.map(({ group, hardware, sizes }) => ({ labels: { group, hardware }, histogram: sizes })),
  );
}

function addReplicas(presenter: Presenter): void {
  presenter.gauge('queue_items', "Items that wait in a group's queue.", ['group'], (_, { engine }) =>
    (engine?.status().groups ?? []).map(({ name, waiting }) => ({ labels: { group: name }, value: waiting })),
  );
  presenter.gauge(
    'replicas',
    'Replicas that are ready, by what they do.',
    ['group', 'hardware', 'state'],
    (_, { engine }) =>
      (engine?.status().groups ?? []).flatMap(({ name, pools }) =>
        pools.flatMap(({ hardware, idle, busy }) => [
          { labels: { group: name, hardware, state: 'idle' }, value: idle },
          { labels: { group: name, hardware, state: 'busy' }, value: busy },
        ]),
      ),
  );
  presenter.counter(
    'replica_restarts_total',
    'Replicas that were lost, and replaced.',
    ['group'],
    ({ lost }, { engine }) =>
      (engine?.deployment ?? []).map(({ name }) => ({ labels: { group: name }, value: lost.get(name) ?? 0 })),
  );
}

function addTuners(presenter: Presenter): void {
  presenter.counter(
    'tuner_decisions_total',
    'What the tuner decided: raise, lower, limit, drift, replan; or failed at.',
    ['kind'],
    (_, { tuner }) => decisionKinds.map(kind => ({ labels: { kind }, value: tuner?.counts.get(kind) ?? 0 })),
  );
}

function addCircuits(presenter: Presenter): void {
  presenter.gauge(
    'circuit_open',
    '1 while a group takes no queries, since its workers keep ending; otherwise 0.',
    ['group'],
    (_, { engine }) =>
      (engine?.status().groups ?? []).map(({ name, trouble }) => ({
        labels: { group: name },
        value: trouble === null ? 0 : 1,
      })),
  );
}

function addEngines(presenter: Presenter): void {
  presenter.gauge(
    'pipeline_ready',
    '1 while the pipeline answers, 0 while it does not.',
    [],
    (_, { state }) => [{ labels: {}, value: state === 'READY' ? 1 : 0 }],
  );
  const status = (name: string, help: string, key: 'queries' | 'bytes' | 'sequences') =>
    presenter.gauge(name, help, [], (_, { engine }) => [{ labels: {}, value: engine?.status()[key] ?? 0 }]);
  status('queries_in_flight', 'Queries that are being worked on.', 'queries');
  status('held_bytes', 'Shared memory that unfinished queries hold.', 'bytes');
  status('sequences', 'Sequences whose state is kept.', 'sequences');
}

function addServer(presenter: Presenter, { transport, refusals, loopDelay, version }: Observed): void {
  presenter.serverCounter(
    'refused_requests_total',
    'Requests that were answered with an error before they became queries, by its code.',
    ['code'],
    () => refusals.counts().map(([code, value]) => ({ labels: { code }, value })),
  );
  presenter.serverGauge(
    'connections',
    'Connections in use: requests that are being answered, and open WebSockets.',
    [],
    () => [{ labels: {}, value: transport()?.connections ?? 0 }],
  );
  presenter.serverGauge(
    'event_loop_delay_seconds',
    "How late the server's event loop was within the last minute, looked at every millisecond.",
    ['statistic'],
    () => {
      const { p50, p99, max } = loopDelay.minute();
      const one = (statistic: string, value: number) => ({ labels: { statistic }, value: value / 1000 });
      return [one('p50', p50), one('p99', p99), one('max', max)];
    },
  );
  presenter.serverGauge(
    'build_info',
    '1; its labels say what runs.',
    ['release', 'node', 'transport'],
    () => [
      {
        labels: {
          release: version,
          node: process.versions.node,
          transport: transport()?.implementation ?? 'none',
        },
        value: 1,
      },
    ],
  );
}

/** A registry with all metrics; those of the process and of Node have prom-client's own names. */
export function makeRegistry(observed: Observed): Registry {
  const registry = new Registry();
  const presenter = new Presenter(registry, observed);
  addQueries(presenter);
  addStages(presenter);
  addReplicas(presenter);
  addTuners(presenter);
  addCircuits(presenter);
  addEngines(presenter);
  addServer(presenter, observed);
  collectDefaultMetrics({ register: registry });
  return registry;
}
