import { describe, expect, it } from 'vitest';
import { MillraceError } from '../../../../operators/index.ts';
import type { RequestHead, Upgrade } from '../../../../engine/server/transport.ts';
import { headOf, serveVirtual } from '../../../support/streams.ts';
import { pipelineOf } from '../../../support/virtual-engine.ts';

const echo = () =>
  pipelineOf('  a: { operator: ./operators.mjs#echo, inputs: { in: inputs.text } }', '{ out: a.out }');

const path = '/v2/models/test/stream';
const speaking = (protocols: string) => headOf(path, { 'sec-websocket-protocol': protocols });

/** The status and the message of a refusal, or the subprotocol that was taken. */
function outcome(upgrade: Upgrade): unknown {
  if (!('refusal' in upgrade)) return upgrade.protocol ?? 'taken';
  const { status, headers, body } = upgrade.refusal;
  expect(headers).toEqual({ 'content-type': 'application/json' });
  return [status, (JSON.parse(body as string) as { error: string }).error];
}

describe('a handshake', () => {
  it.each([
    ['for a pipeline', headOf(path), 'taken'],
    ['for a version of it', headOf('/v2/models/test/versions/1/stream'), 'taken'],
    ['for a name in percent signs', headOf('/v2/models/%74est/stream'), 'taken'],
    ['that says in which order', headOf(path, {}, 'ordered=true'), 'taken'],
    ['with our subprotocol', speaking('millrace.v1'), 'millrace.v1'],
    ['with ours among others', speaking('v9.other, millrace.v1,key.c2VjcmV0'), 'millrace.v1'],
  ] as [string, RequestHead, string][])('%s is taken', async (_, head, expected) => {
    const { streams } = await serveVirtual(await echo());
    expect(outcome(streams.upgrade(head))).toBe(expected);
  });

  it.each([
    [headOf('/v2/models/tset/stream'), 404, 'no pipeline is named "tset"; did you mean "test"?'],
    [headOf('/v2/models/test/versions/2/stream'), 404, 'pipeline "test" has no version "2"; there is 1'],
    [headOf('/v2/stream'), 404, 'there is no stream at /v2/stream'],
    [headOf('/v2/models/%ff/stream'), 400, "the path has a part that can't be decoded: %ff"],
    [headOf(path, {}, 'ordered=maybe'), 400, '"ordered" is true or false, not "maybe"'],
    [speaking('v9.other'), 400, 'the subprotocol here is "millrace.v1", not "v9.other"'],
    [speaking('key.c2VjcmV0'), 400, 'the subprotocol here is "millrace.v1", beside a key'],
  ])('is refused: %#', async (head, status, message) => {
    const { streams } = await serveVirtual(await echo());
    expect(outcome(streams.upgrade(head))).toEqual([status, message]);
  });

  it('is refused while the pipeline is not ready, and once the server is shutting down', async () => {
    const { streams, service } = await serveVirtual(await echo());
    const unloaded = service.unload(0);
    await new Promise(setImmediate);
    expect(outcome(streams.upgrade(headOf(path)))).toEqual([
      503,
      expect.stringMatching(/^pipeline "test" is not ready: it /),
    ]);
    await unloaded;
    await streams.goAway(0);
    expect(outcome(streams.upgrade(headOf(path)))).toEqual([503, 'the server is shutting down']);
  });

  it('is refused to those who may not', async () => {
    const authorise = (head: RequestHead, pipeline: string) => {
      if (head.header('authorization') === `Bearer ${pipeline}`) return 'someone';
      throw new MillraceError('unauthenticated', 'this key may not');
    };
    const { streams } = await serveVirtual(await echo(), {}, {}, { authorise });
    expect(outcome(streams.upgrade(headOf(path)))).toEqual([401, 'this key may not']);
    expect(outcome(streams.upgrade(headOf(path, { authorization: 'Bearer test' })))).toBe('taken');
  });
});
