import { describe, expect, it } from 'vitest';
import { text } from '../../../../operators/index.ts';
import type { Plan } from '../../../../engine/index.ts';
import { reportStatus } from '../../../../engine/server/observe/report-status.ts';
import { caller, fanOut, serveVirtual, twoStages } from './support.ts';

const close = (value: number) => expect.closeTo(value, 0);

describe('the status', () => {
  it('shows what a dashboard draws', async () => {
    const plan: Plan = {
      pipeline: 'test',
      slo: [],
      workload: { rate: 5 },
      groups: [],
      predicted: { p99: 12, cost: 0.1 },
    };
    const { observed, service, clock } = await serveVirtual(await fanOut(), { batch: 2, plan });
    await clock.until(service.infer({ text: text('x,y,z') }, caller));
    await clock.until(service.infer({ nonsense: text('x') }, caller).catch(() => {}));
    const { pipelines, ...status } = reportStatus(observed);
    expect(status).toMatchObject({
      millrace: 'status/1',
      time: 1_700_000_000_010,
      server: { version: '0.0.0', implementation: 'none', connections: 3 },
    });
    const recent = { rate: 300, queue: { count: 3 }, service: { count: 3, mean: 5.333, p50: close(6) } };
    expect(pipelines).toMatchObject([
      {
        name: 'test',
        version: '1',
        state: 'READY',
        reason: '',
        inputs: { text: { datatype: 'BYTES', shape: [1] } },
        stages: [
          { name: 'split', operator: './operators.mjs#split', scope: 'query', group: 'split', when: null },
          { name: 'each', operator: 'emulate', scope: 'item', group: 'each', failures: 0, recent },
        ],
        edges: [
          { from: null, to: 'split', ports: ['text'] },
          { from: 'split', to: 'each', ports: ['parts'] },
          { from: 'each', to: null, ports: ['out'] },
        ],
        groups: [
          { name: 'split', stages: ['split'] },
          {
            name: 'each',
            stages: ['each'],
            waiting: 0,
            pools: [{ hardware: 'cpu', batch: 2, replicas: 1, idle: 1, busy: 0 }],
            lost: 0,
            recent: { batches: 2, meanBatch: 1.5 },
          },
        ],
        plan: { workload: { rate: 5 }, predicted: { p99: 12, cost: 0.1 } },
        objectives: [{ percentile: 99, limit: 1000, counted: 1, met: 1 }],
        live: { queries: 0, bytes: 0, sequences: 0 },
        outcomes: { ok: 1, 'invalid-input': 1 },
        recent: { seconds: 0.01, rate: 100, latency: { count: 1, mean: 10, p99: close(10) }, series: [] },
      },
    ]);
  });

  it('has five minutes in points of five seconds, and a minute in all else', async () => {
    const { observed, recorders, service, clock } = await serveVirtual(await twoStages());
    for (let turn = 1; turn <= 70; turn++) {
      if (turn <= 60) await clock.until(service.infer({ text: text('x') }, caller));
      await clock.advanceTo(turn * 5000);
      recorders.turn();
    }
    const { recent, outcomes, stages } = reportStatus(observed).pipelines[0]!;
    expect(outcomes).toEqual({ ok: 60 });
    expect(recent.series).toHaveLength(60);
    expect(recent.series[0]).toMatchObject({
      at: 1_700_000_055_000,
      seconds: 5,
      answered: 1,
      failed: 0,
      p50: close(15),
    });
    expect(recent.series.at(-1)).toEqual({
      at: 1_700_000_350_000,
      seconds: 5,
      answered: 0,
      failed: 0,
      p50: null,
      p95: null,
      p99: null,
    });
    // The oldest of the copies is from a minute ago: two of the queries came since.
    expect(recent).toMatchObject({ seconds: 60, latency: { count: 2 } });
    expect(stages[0]!.recent.service.count).toBe(2);
  });

  it('is there while a pipeline is not', async () => {
    const { observed, service } = await serveVirtual(await twoStages());
    await service.unload();
    expect(reportStatus(observed).pipelines).toMatchObject([
      {
        state: 'UNAVAILABLE',
        reason: 'it was unloaded',
        groups: [],
        plan: null,
        stages: [{ name: 'a', group: null }, { name: 'b' }],
        recent: { latency: { count: 0, mean: null, p50: null } },
      },
    ]);
  });
});
