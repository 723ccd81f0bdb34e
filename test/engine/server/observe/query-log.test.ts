import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { MillraceError, text, type ErrorCode } from '../../../../operators/index.ts';
import { QueryLog } from '../../../../engine/server/observe/query-log.ts';
import { pipelineOf } from '../../../support/virtual-engine.ts';
import { caller, serveVirtual, twoStages } from './support.ts';

/** Everything that a server with this level would write, line by line. */
function logAt(level: string, now = () => 0) {
  const lines: Record<string, unknown>[] = [];
  const log = pino({ level, base: null }, { write: line => void lines.push(JSON.parse(line)) });
  return { lines, log: new QueryLog(log, now) };
}

const levels = { debug: 20, info: 30, warn: 40, error: 50 };

describe('the log of queries', () => {
  it('has one line for an answer at debug, without what was sent', async () => {
    const { lines, log } = logAt('debug');
    const { service, clock } = await serveVirtual(await twoStages(), { listeners: [log] });
    await clock.until(service.infer({ text: text('a secret') }, caller));
    expect(lines).toEqual([
      {
        level: levels.debug,
        time: expect.any(Number),
        requestId: 'r1',
        client: 'someone',
        protocol: 'open-inference',
        pipeline: 'test',
        version: '1',
        outcome: 'ok',
        latency: expect.any(Number),
        queue: 0,
        service: 15,
        msg: 'answered',
      },
    ]);
  });

  it('says nothing of answers at info', async () => {
    const { lines, log } = logAt('info');
    const { service, clock } = await serveVirtual(await twoStages(), { listeners: [log] });
    await clock.until(service.infer({ text: text('x') }, caller));
    expect(lines).toEqual([]);
  });

  it('has what an operator threw, whole', async () => {
    const pipeline = await pipelineOf(
      `  a: { operator: ./operators.mjs#fragile, inputs: { in: inputs.text } }`,
      '{ out: a.out }',
    );
    const { lines, log } = logAt('info');
    const { service, clock } = await serveVirtual(pipeline, { listeners: [log] });
    const failure = clock.until(service.infer({ text: text('poison') }, caller));
    await expect(failure).rejects.toThrow('stage "a": can not swallow poison');
    expect(lines).toMatchObject([
      { level: levels.error, outcome: 'stage-failed', stage: 'a', msg: 'stage "a": can not swallow poison' },
    ]);
    expect(lines[0]!['cause']).toMatch(/can not swallow poison\nsecond line\n +at .*operators\.mjs/);
  });

  it.each<[ErrorCode, keyof typeof levels]>([
    ['invalid-input', 'info'],
    ['cancelled', 'info'],
    ['not-found', 'info'],
    ['overloaded', 'warn'],
    ['deadline-exceeded', 'warn'],
    ['unavailable', 'error'],
    ['stage-failed', 'error'],
  ])('tells %s at %s', async (code, level) => {
    const { lines, log } = logAt('debug');
    const { service } = await serveVirtual(await twoStages());
    const error = new MillraceError(code, 'because');
    log.ended({ service, caller, began: 0, latency: 1.23456, result: null, error });
    expect(lines).toMatchObject([{ level: levels[level], outcome: code, latency: 1.235, msg: 'because' }]);
  });

  it('leaves out what comes too often, and says how much that was', async () => {
    const times = { now: 0 };
    const { lines, log } = logAt('info', () => times.now);
    const { service } = await serveVirtual(await twoStages());
    const fail = (code: ErrorCode) => {
      const error = new MillraceError(code, 'because');
      log.ended({ service, caller, began: 0, latency: 1, result: null, error });
    };
    for (let n = 0; n < 1000; n++) fail('overloaded');
    fail('stage-failed');
    expect(lines).toHaveLength(21);
    times.now = 1000;
    fail('overloaded');
    fail('overloaded');
    expect(lines.slice(21).map(({ suppressed }) => suppressed)).toEqual([980, undefined]);
  });

  it('has a line for a request that never became a query', () => {
    const { lines, log } = logAt('info');
    const request = {
      method: 'POST',
      path: '/v2/models/x/infer',
      query: 'key=1',
      peer: '::1',
      header: () => 's',
    };
    log.refused({ requestId: 'r2', request, error: new MillraceError('not-found', 'no pipeline') });
    expect(lines).toEqual([
      {
        level: levels.info,
        time: expect.any(Number),
        requestId: 'r2',
        client: '::1',
        method: 'POST',
        path: '/v2/models/x/infer',
        outcome: 'not-found',
        msg: 'no pipeline',
      },
    ]);
  });
});
