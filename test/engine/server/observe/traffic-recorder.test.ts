import { describe, expect, it } from 'vitest';
import {
  TrafficRecorder,
  type TrafficRecorderOptions,
} from '../../../../engine/server/observe/traffic-recorder.ts';
import { text } from '../../../../operators/index.ts';
import type { RecordedLine } from '../../../../planner/index.ts';
import { pipelineOf } from '../../../support/virtual-engine.ts';
import { caller, fanOut, serveVirtual } from './support.ts';

/** A recorder, and the lines it wrote. */
function recorder(options: Partial<TrafficRecorderOptions> = {}) {
  const lines: RecordedLine[] = [];
  const file = {
    started: performance.now(),
    isOver: false,
    write: (line: string) => void lines.push(JSON.parse(line) as RecordedLine),
    close: async () => undefined,
  };
  return { lines, file, listener: new TrafficRecorder(file, { inputs: null, ...options }) };
}

describe('what is recorded of a query', () => {
  it('is when it came, what it asked for, its way with its times, and its end', async () => {
    const { lines, listener } = recorder();
    const { service, clock } = await serveVirtual(await fanOut(), { listeners: [listener] });
    const asked = { timeout: 5000, priority: 3 };
    await clock.until(service.infer({ text: text('a,b,c') }, caller, asked));
    expect(lines).toEqual([
      {
        pipeline: 'test',
        arrival: expect.any(Number),
        outcome: 'ok',
        latency: expect.any(Number),
        ...asked,
        work: [
          { stage: 'split', hardware: 'cpu', items: 1, queue: 0, service: expect.any(Number), batch: 1 },
          { stage: 'each', hardware: 'cpu', items: 3, queue: expect.any(Number), service: 12, batch: 1 },
        ],
      },
    ]);
  });

  it('is its code and what was done by then, where it fails', async () => {
    const { lines, listener } = recorder();
    const pipeline = await pipelineOf(
      `  a: { operator: emulate, inputs: { in: inputs.text }, params: { latency: { 1: 4 ms } } }
  b: { operator: ./operators.mjs#fragile, inputs: { in: a.out } }`,
      '{ out: b.out }',
    );
    const { service, clock } = await serveVirtual(pipeline, { listeners: [listener] });
    await clock.until(service.infer({ text: text('poison') }, caller).catch(() => undefined));
    await clock.until(service.infer({}, caller).catch(() => undefined));
    expect(lines).toMatchObject([
      { outcome: 'stage-failed', work: [{ stage: 'a', items: 1, service: 4 }] },
      { outcome: 'invalid-input', work: [] },
    ]);
  });

  it('is its inputs too where that is asked for, if they are not too large', async () => {
    const { lines, listener } = recorder({ inputs: 3 });
    const { service, clock } = await serveVirtual(await fanOut(), { listeners: [listener] });
    for (const value of ['abc', 'abcd']) await clock.until(service.infer({ text: text(value) }, caller));
    const base64 = Buffer.from('\u0003\0\0\0abc').toString('base64');
    expect(lines.map(({ inputs }) => inputs)).toEqual([
      [{ name: 'text', datatype: 'BYTES', shape: [1], base64 }],
      undefined,
    ]);
  });

  it('is without its inputs while those in flight hold as much as they may', async () => {
    const { lines, listener } = recorder({ inputs: 10, held: 5 });
    const { service, clock } = await serveVirtual(await fanOut(), { listeners: [listener] });
    const ask = () => service.infer({ text: text('abc') }, caller);
    await clock.until(Promise.all([ask(), ask()]));
    await clock.until(ask());
    expect(lines.map(({ inputs }) => inputs?.length)).toEqual([1, undefined, 1]);
  });

  it('is nothing once the file is over', async () => {
    const { lines, file, listener } = recorder();
    file.isOver = true;
    const { service, clock } = await serveVirtual(await fanOut(), { listeners: [listener] });
    await clock.until(service.infer({ text: text('a') }, caller));
    expect(lines).toEqual([]);
  });
});
