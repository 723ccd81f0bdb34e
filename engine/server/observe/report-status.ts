/** Puts the status together. Every dashboard asks for it, each second. */
import type { BoundStage } from '../../../pipelines/index.ts';
import type { Engine } from '../../runtime/engine.ts';
import type { Service } from '../service.ts';
import { edgesOf } from './edges.ts';
import { quantilesOf, type Distribution } from './log-histogram.ts';
import type { Observed } from './observed.ts';
import { outcomes } from './outcome.ts';
import type { PipelineRecorder } from './pipeline-recorder.ts';
import type { GroupStatus, PipelineStatus, ServerStatus, StageStatus, Status, Times } from './status.ts';

/** Four digits: no chart shows more. */
function brief(value: number): number {
  return Number(value.toPrecision(4));
}

function timesOf(distribution: Distribution): Times {
  const { count, sum } = distribution;
  const [p50, p95, p99] = quantilesOf(distribution, [0.5, 0.95, 0.99]).map(time => time && brief(time));
  return { count, mean: count === 0 ? null : brief(sum / count), p50: p50!, p95: p95!, p99: p99! };
}

/** @param seconds that "recent" is long */
function stageStatus(
  { name, operator, each, when }: BoundStage,
  engine: Engine | null,
  recorder: PipelineRecorder,
  seconds: number,
): StageStatus {
  const { queue, service, failures, wasted } = recorder.stages.get(name)!;
  const group = engine?.deployment.find(({ stages }) => stages.includes(name));
  const times = timesOf(service.since('oldest'));
  return {
    name,
    operator,
    scope: each ? 'item' : 'query',
    when: when?.expression ?? null,
    group: group?.name ?? null,
    failures,
    wasted,
    recent: { rate: brief(times.count / seconds), queue: timesOf(queue.since('oldest')), service: times },
  };
}

function groupStatuses(engine: Engine, recorder: PipelineRecorder): GroupStatus[] {
  const live = engine.status().groups;
  return engine.deployment.map(({ name, stages, pools }, place): GroupStatus => {
    const { waiting, trouble, pools: states } = live[place]!;
    const recent = recorder.groups
      .filter(({ group }) => group === name)
      .map(({ sizes }) => sizes.since('oldest'))
      .reduce((all, { count, sum }) => ({ count: all.count + count, sum: all.sum + sum }), {
        count: 0,
        sum: 0,
      });
    return {
      name,
      stages,
      waiting,
      pools: pools.map(({ hardware, device, threads, batch, maxWait, replicas }, pool) => {
        const { idle, busy } = states[pool]!;
        return { hardware, device, threads, batch, maxWait, replicas, idle, busy };
      }),
      lost: recorder.lost.get(name) ?? 0,
      trouble,
      recent: {
        batches: recent.count,
        meanBatch: recent.count === 0 ? null : brief(recent.sum / recent.count),
      },
    };
  });
}

function pipelineStatus(service: Service, recorder: PipelineRecorder, seconds: number): PipelineStatus {
  const { pipeline, engine, plan, tuner } = service;
  const ended = outcomes.map((outcome, place) => [outcome, recorder.ended[place]!] as const);
  const latency = timesOf(recorder.latency.since('oldest'));
  const { queries, bytes, sequences } = engine?.status() ?? { queries: 0, bytes: 0, sequences: 0 };
  return {
    name: service.name,
    version: service.version,
    description: pipeline.description,
    state: service.state,
    reason: service.reason,
    inputs: pipeline.inputs,
    outputs: pipeline.outputTypes,
    stages: pipeline.stages.map(stage => stageStatus(stage, engine, recorder, seconds)),
    edges: edgesOf(pipeline),
    groups: engine ? groupStatuses(engine, recorder) : [],
    plan: plan && {
      ...(plan.workload && { workload: plan.workload }),
      ...(plan.predicted && { predicted: plan.predicted }),
      ...(plan.search && { search: plan.search }),
    },
    tuner: tuner && {
      mode: tuner.mode,
      counts: Object.fromEntries(tuner.counts),
      decisions: tuner.decisions,
    },
    objectives: recorder.objectives.map(objective => ({ ...objective, counted: recorder.counted })),
    live: { queries, bytes, sequences },
    outcomes: Object.fromEntries(ended.filter(([, count]) => count > 0)),
    recent: {
      seconds: brief(seconds),
      rate: brief(latency.count / seconds),
      latency,
      series: recorder.points,
    },
  };
}

function serverStatus({ transport, loopDelay, version }: Observed): ServerStatus {
  const { implementation = null, connections = 0 } = transport() ?? {};
  const { rss, heapUsed, heapTotal, external } = process.memoryUsage();
  const { p50, p99, max } = loopDelay.minute();
  return {
    version,
    node: process.versions.node,
    implementation,
    connections,
    uptime: Math.round(process.uptime()),
    memory: { rss, heapUsed, heapTotal, external },
    loopDelay: { p50: brief(p50), p99: brief(p99), max: brief(max) },
  };
}

export function reportStatus(observed: Observed): Status {
  const { repository, recorders } = observed;
  const { seconds, epoch } = recorders;
  return {
    millrace: 'status/1',
    time: epoch,
    server: serverStatus(observed),
    pipelines: repository
      .all()
      .map(service => pipelineStatus(service, recorders.ofService(service), seconds)),
  };
}
