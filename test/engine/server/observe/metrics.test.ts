import { describe, expect, it } from 'vitest';
import { MillraceError, text } from '../../../../operators/index.ts';
import { makeRegistry } from '../../../../engine/server/observe/metrics.ts';
import { parsePrometheus, type Family } from '../../../support/prometheus.ts';
import { pipelineOf } from '../../../support/virtual-engine.ts';
import { caller, fanOut, serveVirtual, twoStages, type Served } from './support.ts';

const fragile = () =>
  pipelineOf(`  a: { operator: ./operators.mjs#fragile, inputs: { in: inputs.text } }`, '{ out: a.out }');

async function scrape({ observed }: Served): Promise<Map<string, Family>> {
  const registry = makeRegistry(observed);
  const families = parsePrometheus(await registry.metrics());
  registry.clear();
  return families;
}

/** Values of a family by the labels named, where they are not 0. */
function values(families: Map<string, Family>, name: string, ...labels: string[]): Record<string, number> {
  const samples = families.get(`millrace_${name}`)?.samples ?? [];
  return Object.fromEntries(
    samples
      .filter(({ value }) => value !== 0)
      .map(sample => [labels.map(label => sample.labels[label]).join(' '), sample.value]),
  );
}

function histogram(families: Map<string, Family>, name: string, labels: Record<string, string> = {}) {
  const samples = families
    .get(`millrace_${name}`)!
    .samples.filter(sample => Object.entries(labels).every(([key, value]) => sample.labels[key] === value));
  const of = (suffix: string) => samples.filter(sample => sample.name === `millrace_${name}_${suffix}`);
  const steps = of('bucket').map(({ labels, value }) => [labels['le'], value] as const);
  return {
    /** Bounds at which the count rises. */
    rises: steps.filter(([, value], place) => value !== (steps[place - 1]?.[1] ?? 0)),
    sum: of('sum')[0]!.value,
    count: of('count')[0]!.value,
  };
}

describe('metrics', () => {
  it('count a run to the last digit', async () => {
    const served = await serveVirtual(await twoStages(), { batch: 8, groups: [['a', 'b']] });
    const { service, clock } = served;
    await clock.until(Promise.all([1, 2, 3].map(n => service.infer({ text: text(String(n)) }, caller))));
    const families = await scrape(served);
    expect(values(families, 'queries_total', 'pipeline', 'version', 'code')).toEqual({ 'test 1 ok': 3 });
    // One alone for 15 ms, then two together that had waited as long.
    expect(histogram(families, 'query_latency_seconds')).toEqual({
      rises: [
        ['0.016', 1],
        ['0.032', 3],
      ],
      sum: 0.075,
      count: 3,
    });
    expect(histogram(families, 'stage_queue_seconds', { stage: 'a' })).toMatchObject({ sum: 0.03, count: 3 });
    expect(histogram(families, 'stage_queue_seconds', { stage: 'b' })).toMatchObject({ sum: 0, count: 3 });
    expect(histogram(families, 'stage_service_seconds', { stage: 'b' })).toEqual({
      rises: [['0.008', 3]],
      sum: 0.015,
      count: 3,
    });
    expect(histogram(families, 'batch_items', { group: 'a+b', hardware: 'cpu' })).toEqual({
      rises: [
        ['1', 1],
        ['2', 2],
      ],
      sum: 3,
      count: 2,
    });
    expect(values(families, 'replicas', 'group', 'hardware', 'state')).toEqual({ 'a+b cpu idle': 1 });
    expect(values(families, 'slo_queries_total', 'objective')).toEqual({ p99: 3 });
    expect(values(families, 'slo_met_queries_total', 'objective')).toEqual({ p99: 3 });
    expect(values(families, 'slo_limit_seconds', 'objective')).toEqual({ p99: 1 });
    expect(values(families, 'pipeline_ready', 'pipeline')).toEqual({ test: 1 });
    expect(values(families, 'connections')).toEqual({ '': 3 });
  });

  it('show what waits and what is busy while it does', async () => {
    const served = await serveVirtual(await twoStages());
    const { service, clock } = served;
    const all = Promise.all([1, 2, 3].map(n => service.infer({ text: text(String(n)) }, caller)));
    await clock.advanceTo(1);
    const families = await scrape(served);
    expect(values(families, 'queue_items', 'group')).toEqual({ a: 2 });
    expect(values(families, 'replicas', 'group', 'state')).toEqual({ 'a busy': 1, 'b idle': 1 });
    expect(values(families, 'queries_in_flight')).toEqual({ '': 3 });
    await clock.until(all);
    expect(values(await scrape(served), 'queue_items', 'group')).toEqual({});
  });

  it('count the items of a fan-out', async () => {
    const served = await serveVirtual(await fanOut(), { batch: 2 });
    await served.clock.until(served.service.infer({ text: text('x,y,z') }, caller));
    const families = await scrape(served);
    expect(histogram(families, 'stage_service_seconds', { stage: 'each' })).toMatchObject({ count: 3 });
    expect(histogram(families, 'batch_items', { group: 'each' })).toMatchObject({ sum: 3, count: 2 });
  });

  it('tell failures by code and stage, and leave the client’s own out of the objective', async () => {
    const served = await serveVirtual(await fragile(), { limits: { queries: 2 } });
    const { service, clock } = served;
    const gone = new AbortController();
    gone.abort();
    await clock.until(
      Promise.allSettled([
        service.infer({ text: text('poison') }, caller),
        service.infer({ text: text('fine') }, caller),
        service.infer({ text: text('one too many') }, caller),
        service.infer({}, caller, { signal: gone.signal }),
      ]),
    );
    await clock.until(service.infer({ nonsense: text('x') }, caller).catch(() => {}));
    const families = await scrape(served);
    expect(values(families, 'queries_total', 'code')).toEqual({
      ok: 1,
      'stage-failed': 1,
      overloaded: 2,
      'invalid-input': 1,
    });
    expect(values(families, 'dropped_queries_total', 'reason')).toEqual({ overloaded: 2 });
    expect(values(families, 'stage_failures_total', 'stage')).toEqual({ a: 1 });
    expect(values(families, 'slo_queries_total', 'objective')).toEqual({ p99: 4 });
    expect(values(families, 'slo_met_queries_total', 'objective')).toEqual({ p99: 1 });
  });

  it('count what went into queries that had ended', async () => {
    const served = await serveVirtual(await twoStages());
    served.recorders.of(served.service.pipeline, '1').wasted('b', 250);
    expect(values(await scrape(served), 'wasted_seconds_total', 'stage')).toEqual({ b: 0.25 });
  });

  it('count lost replicas and requests that never became queries', async () => {
    const served = await serveVirtual(await twoStages());
    const { recorders, observed, service } = served;
    recorders.of(service.pipeline, '1').replicaLost('b');
    const request = { method: 'GET', path: '/', query: '', peer: '::1', header: () => '' };
    const told = { requestId: 'r', request, error: new MillraceError('not-found', 'nothing there') };
    expect(observed.refusals.refused(told)).toBe(true);
    const failed = new MillraceError('overloaded', 'full');
    observed.refusals.ended({ service, caller, began: 0, latency: 0, result: null, error: failed });
    expect(observed.refusals.refused({ ...told, error: failed })).toBe(false);
    const families = await scrape(served);
    expect(values(families, 'replica_restarts_total', 'group')).toEqual({ b: 1 });
    expect(values(families, 'refused_requests_total', 'code')).toEqual({ 'not-found': 1 });
  });

  it('are as many whatever clients send', async () => {
    const served = await serveVirtual(await twoStages());
    const { service, clock } = served;
    const names = async () =>
      [...(await scrape(served)).values()].flatMap(({ name, samples }) =>
        name.startsWith('millrace_') ? samples.map(({ labels }) => JSON.stringify([name, labels])) : [],
      );
    await clock.until(service.infer({ text: text('x') }, caller));
    const before = await names();
    for (let n = 0; n < 50; n++) {
      const stranger = { ...caller, requestId: `r${n}`, client: `client ${n}`, trace: `00-${n}` };
      await clock.until(service.infer({ text: text(`${n}`) }, stranger, { sequence: { id: `${n}` } }));
      await clock.until(service.infer({ [`input ${n}`]: text('x') }, stranger).catch(() => {}));
    }
    expect(await names()).toEqual(before);
  });

  it('have help, base units, and totals where they count', async () => {
    const served = await serveVirtual(await twoStages());
    const own = [...(await scrape(served)).values()].filter(({ name }) => name.startsWith('millrace_'));
    expect(own.length).toBeGreaterThan(15);
    for (const { name, type } of own) {
      expect([name, name.endsWith('_total')]).toEqual([name, type === 'counter']);
      expect(name).not.toMatch(/(_ms|milliseconds|_mb|_kb)/i);
    }
  });
});
