import { describe, expect, it } from 'vitest';
import { MillraceError } from '../../../../operators/index.ts';
import type { RequestHead } from '../../../../engine/server/transport.ts';
import { headOf } from '../../../support/served.ts';
import { serveVirtual, type Served } from '../../../support/streams.ts';
import { pipelineOf } from '../../../support/virtual-engine.ts';

const echo = () =>
  pipelineOf('  a: { operator: ./operators.mjs#echo, inputs: { in: inputs.text } }', '{ out: a.out }');

const path = '/v2/models/test/stream';
const speaking = (protocols: string) => headOf('GET', path, { 'sec-websocket-protocol': protocols });

/** The subprotocol that was taken; or the code and the message of the refusal. */
function outcome({ streams }: Served, head: RequestHead): unknown {
  try {
    const upgrade = streams.upgrade(head);
    return 'refusal' in upgrade ? upgrade.refusal : (upgrade.protocol ?? 'taken');
  } catch (error) {
    const { code, message } = error as MillraceError;
    return [code, message];
  }
}

describe('a handshake', () => {
  it.each([
    ['for a pipeline', headOf('GET', path), 'taken'],
    ['for a version of it', headOf('GET', '/v2/models/test/versions/1/stream'), 'taken'],
    ['for a name in percent signs', headOf('GET', '/v2/models/%74est/stream'), 'taken'],
    ['that says in which order', headOf('GET', `${path}?ordered=true`), 'taken'],
    ['with our subprotocol', speaking('millrace.v1'), 'millrace.v1'],
    ['with ours among others', speaking('v9.other, millrace.v1,key.c2VjcmV0'), 'millrace.v1'],
  ] as [string, RequestHead, string][])('%s is taken', async (_, head, expected) => {
    const served = await serveVirtual(await echo());
    expect(outcome(served, head)).toBe(expected);
  });

  it.each([
    [
      headOf('GET', '/v2/models/tset/stream'),
      'not-found',
      'no pipeline is named "tset"; did you mean "test"?',
    ],
    [
      headOf('GET', '/v2/models/test/versions/2/stream'),
      'not-found',
      'pipeline "test" has no version "2"; there is 1',
    ],
    [headOf('GET', '/v2/stream'), 'not-found', 'there is no stream at /v2/stream'],
    [
      headOf('GET', '/v2/models/%ff/stream'),
      'invalid-input',
      "the path has a part that can't be decoded: %ff",
    ],
    [headOf('GET', `${path}?ordered=maybe`), 'invalid-input', '"ordered" is true or false, not "maybe"'],
    [speaking('v9.other'), 'invalid-input', 'the subprotocol here is "millrace.v1", not "v9.other"'],
    [speaking('key.c2VjcmV0'), 'invalid-input', 'the subprotocol here is "millrace.v1", beside a key'],
  ])('is refused: %#', async (head, code, message) => {
    const served = await serveVirtual(await echo());
    expect(outcome(served, head)).toEqual([code, message]);
  });

  it('is refused while the pipeline is not ready, and once the server is shutting down', async () => {
    const served = await serveVirtual(await echo());
    const unloaded = served.service.unload(0);
    await new Promise(setImmediate);
    expect(outcome(served, headOf('GET', path))).toEqual([
      'unavailable',
      expect.stringMatching(/^pipeline "test" is not ready: it /),
    ]);
    await unloaded;
    await served.streams.goAway(0);
    expect(outcome(served, headOf('GET', path))).toEqual(['unavailable', 'the server is shutting down']);
  });

  it('is refused to those who may not', async () => {
    const authorise = (head: RequestHead, pipeline: string) => {
      if (head.header('authorization') === `Bearer ${pipeline}`) return 'someone';
      throw new MillraceError('unauthenticated', 'this key may not');
    };
    const served = await serveVirtual(await echo(), {}, {}, { authorise });
    expect(outcome(served, headOf('GET', path))).toEqual(['unauthenticated', 'this key may not']);
    expect(outcome(served, headOf('GET', path, { authorization: 'Bearer test' }))).toBe('taken');
  });
});
