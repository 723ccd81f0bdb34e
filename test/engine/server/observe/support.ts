/** A pipeline served in virtual time, and all that is counted of it. */
import type { Engine, Plan } from '../../../../engine/index.ts';
import { LoopDelayMonitor } from '../../../../engine/server/observe/loop-delay.ts';
import type { Observed } from '../../../../engine/server/observe/observed.ts';
import { Recorders } from '../../../../engine/server/observe/recorders.ts';
import { Refusals } from '../../../../engine/server/observe/refusals.ts';
import { Repository } from '../../../../engine/server/repository.ts';
import {
  Service,
  type Caller,
  type QueryReport,
  type ServiceListener,
} from '../../../../engine/server/service.ts';
import type { BoundPipeline } from '../../../../pipelines/index.ts';
import type { VirtualClock } from '../../../support/virtual-clock.ts';
import { pipelineOf, startVirtual } from '../../../support/virtual-engine.ts';

export const caller: Caller = { requestId: 'r1', protocol: 'open-inference', client: 'someone' };

/** Split by commas into items of 4 ms, joined again; `fail` in the text fails. */
export function fanOut(): Promise<BoundPipeline> {
  return pipelineOf(
    `  split: { operator: ./operators.mjs#split, inputs: { text: inputs.text } }
  each: { each: split.parts, operator: emulate, inputs: { in: item }, params: { latency: { 1: 4 ms, 2: 6 ms } } }`,
    '{ out: each.out }',
  );
}

/** Two stages of 10 and 5 ms. */
export function twoStages(): Promise<BoundPipeline> {
  return pipelineOf(
    `  a: { operator: emulate, inputs: { in: inputs.text }, params: { latency: { 1: 10 ms, 8: 10 ms } } }
  b: { operator: emulate, inputs: { in: a.out }, params: { latency: { 1: 5 ms, 8: 5 ms } } }`,
    '{ out: b.out }',
  );
}

export interface Served {
  service: Service;
  engine: Engine;
  clock: VirtualClock;
  observed: Observed;
  recorders: Recorders;
}

/** Reports with times of the engine's clock alone: a failed query took none. */
function onItsClock(listener: ServiceListener): ServiceListener {
  return {
    ended: (report: QueryReport) =>
      listener.ended?.({ ...report, began: 1000, latency: report.result?.latency ?? 0 }),
  };
}

export async function serveVirtual(
  pipeline: BoundPipeline,
  {
    listeners = [],
    plan = null,
    ...options
  }: Parameters<typeof startVirtual>[1] & { listeners?: ServiceListener[]; plan?: Plan | null } = {},
): Promise<Served> {
  const times: { clock?: VirtualClock } = {};
  const now = () => times.clock?.now() ?? 0;
  const recorders = new Recorders({ now, epoch: () => 1_700_000_000_000 + now() });
  const { engine, clock } = await startVirtual(pipeline, { events: recorders.of(pipeline, '1'), ...options });
  times.clock = clock;
  const service = new Service({
    pipeline,
    version: '1',
    listeners: [onItsClock(recorders), ...listeners],
    start: async () => ({ engine, plan }),
  });
  await service.load();
  const repository = new Repository();
  repository.add(service);
  const loopDelay = new LoopDelayMonitor();
  const transport = () => ({ implementation: 'none', connections: 3 });
  const observed = {
    repository,
    recorders,
    refusals: new Refusals(),
    loopDelay,
    version: '0.0.0',
    transport,
  };
  return { service, engine, clock, observed, recorders };
}
