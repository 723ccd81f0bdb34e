import { afterEach, describe, expect, it } from 'vitest';
import {
  connect,
  tensor,
  text,
  textOf,
  type Answer,
  type PipelineClient,
} from '../../../engine/client/index.ts';
import type { ConnectOptions } from '../../../engine/client/index.ts';
import { MillraceError, type BytesTensor } from '../../../operators/index.ts';
import { ScriptedServer, type ServerEnd } from '../../support/scripted-server.ts';

const open: { close(): void }[] = [];

afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

async function serve(hello?: object | null): Promise<ScriptedServer> {
  const server = await ScriptedServer.start(hello);
  open.push(server);
  return server;
}

/** A client and the server's end of its connection. */
async function pair(
  server: ScriptedServer,
  options: ConnectOptions = {},
): Promise<{ client: PipelineClient; end: ServerEnd }> {
  const reconnect = { first: 1, most: 1, attempts: 20 };
  const client = await connect(server.url, 'test', { reconnect, ...options });
  open.unshift(client);
  return { client, end: await server.connection() };
}

const textIn = ({ outputs }: Answer) => textOf(outputs['out'] as BytesTensor);

/** A query's text, or the code of its failure. */
async function outcome(answer: Promise<Answer>): Promise<string> {
  return answer.then(textIn, (error: unknown) => {
    expect(error).toBeInstanceOf(MillraceError);
    return (error as MillraceError).code;
  });
}

describe('connecting', () => {
  it.each([
    ['ws', {}, '/v2/models/test/stream', 'millrace.v1'],
    ['http', { version: '2' }, '/v2/models/test/versions/2/stream', 'millrace.v1'],
    ['ws', { key: 'schlüssel?' }, '/v2/models/test/stream', 'millrace.v1,key.c2NobMO8c3NlbD8'],
  ] as const)('by %s with %j asks for the right path', async (scheme, options, path, protocols) => {
    const server = await serve();
    const client = await connect(server.url.replace('ws', scheme), 'test', options);
    open.unshift(client);
    expect(server.handshakes).toEqual([{ path, protocols }]);
    expect(client).toMatchObject({ pipeline: 'test', version: '1', window: 2, hasState: false });
  });

  it.each([
    ['nowhere', 'invalid-input', '"nowhere" is no URL'],
    ['ftp://127.0.0.1', 'invalid-input', '"ftp://127.0.0.1" is neither a ws: nor an http: URL'],
    [
      'ws://127.0.0.1:1',
      'unavailable',
      expect.stringContaining("can't connect to ws://127.0.0.1:1/v2/models/test/stream: "),
    ],
  ])('to %s fails as %s', async (url, code, message) => {
    await expect(connect(url, 'test')).rejects.toMatchObject({ code, message });
  });

  it('to a server that never says hello is given up', async () => {
    const server = await serve(null);
    const connecting = connect(server.url, 'test', { openTimeout: 20 });
    await expect(connecting).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('no hello within 20 ms'),
    });
    // It does not stay open behind.
    await (
      await server.connection()
    ).closed;
  });

  it('to a server that says nothing it knows fails', async () => {
    const server = await serve(null);
    const connecting = connect(server.url, 'test');
    const end = await server.connection();
    end.send('{"hello": ');
    await expect(connecting).rejects.toMatchObject({ code: 'unavailable' });
    expect(await end.closed).toBe(4002);
  });
});

describe('a query', () => {
  it('is answered by its id, not by its turn', async () => {
    const { client, end } = await pair(await serve());
    const answers = [client.infer({ text: 'a' }), client.infer({ text: text('b') })];
    const [first, second] = [await end.next(), await end.next()];
    expect([first.text, second.text]).toEqual(['a', 'b']);
    end.answer(second.id, 'B');
    end.answer(first.id, 'A');
    expect((await Promise.all(answers)).map(textIn)).toEqual(['A', 'B']);
  });

  it('says what it wants', async () => {
    const { client, end } = await pair(await serve());
    void outcome(
      client.infer({ text: 'a' }, { outputs: ['out'], priority: 1, sequence: 's', start: true, end: true }),
    );
    expect(await end.next()).toMatchObject({
      outputs: ['out'],
      parameters: { priority: 1, sequence_id: 's', sequence_start: true, sequence_end: true },
    });
  });

  it('that the server refuses fails with its code and stage', async () => {
    const { client, end } = await pair(await serve());
    const answer = client.infer({ text: 'a' });
    const { id } = await end.next();
    end.send({ id, error: { code: 'stage-failed', message: 'it broke', stage: 'decode' } });
    await expect(answer).rejects.toMatchObject({
      code: 'stage-failed',
      message: 'it broke',
      stage: 'decode',
    });
  });

  it('whose inputs make no tensor fails, and the next one works', async () => {
    const { client, end } = await pair(await serve());
    expect(await outcome(client.infer({ text: 5 as never }))).toBe('invalid-input');
    const next = client.infer({ text: 'a' });
    end.answer((await end.next()).id, 'A');
    expect(await outcome(next)).toBe('A');
  });

  it('is told what its stages make', async () => {
    const { client, end } = await pair(await serve());
    const results: unknown[] = [];
    const answer = client.infer(
      { text: 'a' },
      {
        partial: ({ stage, index, outputs }) =>
          results.push([stage, index, textOf(outputs['out'] as BytesTensor)]),
      },
    );
    const { id, parameters } = await end.next();
    expect(parameters).toEqual({ partial: true });
    end.answer(id, 'one', { stage: 'split' });
    end.answer(id, 'two', { stage: 'each', index: 0 });
    end.answer(id, 'A', { partial_skipped: 1 });
    expect((await answer).parameters).toEqual({ partial_skipped: 1 });
    expect(results).toEqual([
      ['split', undefined, 'one'],
      ['each', 0, 'two'],
    ]);
  });

  it('waits for a place in the window', async () => {
    const { client, end } = await pair(await serve());
    const answers = ['a', 'b', 'c'].map(text => client.infer({ text }));
    const first = await end.next();
    await end.next();
    expect(end.messages.size).toBe(0);
    end.answer(first.id, 'A');
    expect(await outcome(answers[0]!)).toBe('A');
    expect((await end.next()).text).toBe('c');
    for (const answer of answers) void outcome(answer);
  });

  it('is refused if too many wait', async () => {
    const { client } = await pair(await serve({ window: 1 }), { queue: 1 });
    const outcomes = ['a', 'b', 'c'].map(text => outcome(client.infer({ text })));
    expect(await outcomes[2]).toBe('overloaded');
    client.close();
    expect(await Promise.all(outcomes)).toEqual(['cancelled', 'cancelled', 'overloaded']);
  });
});

describe('a cancelled query', () => {
  it('ends at once, and the server is told', async () => {
    const { client, end } = await pair(await serve());
    const stop = new AbortController();
    const answer = client.infer({ text: 'a' }, { signal: stop.signal });
    const { id } = await end.next();
    stop.abort('enough');
    await expect(answer).rejects.toMatchObject({ code: 'cancelled', cause: 'enough' });
    expect(await end.next()).toEqual({ id, parameters: {} });
    end.fail(id, 'cancelled');
    const next = client.infer({ text: 'b' });
    end.answer((await end.next()).id, 'B');
    expect(await outcome(next)).toBe('B');
  });

  it('that still waits is never sent', async () => {
    const { client, end } = await pair(await serve({ window: 1 }));
    const stop = new AbortController();
    const [first, second, third] = [
      client.infer({ text: 'a' }),
      client.infer({ text: 'b' }, { signal: stop.signal }),
      client.infer({ text: 'c' }),
    ];
    stop.abort();
    expect(await outcome(second)).toBe('cancelled');
    end.answer((await end.next()).id, 'A');
    expect((await end.next()).text).toBe('c');
    expect(await outcome(client.infer({ text: 'd' }, { signal: stop.signal }))).toBe('cancelled');
    expect(await outcome(first)).toBe('A');
    void outcome(third);
  });
});

describe('a time limit', () => {
  it('travels as the time left', async () => {
    const { client, end } = await pair(await serve());
    void outcome(client.infer({ text: 'a' }, { timeout: 60_000 }));
    const { parameters } = await end.next();
    expect(parameters['timeout']).toBeLessThanOrEqual(60_000_000);
    expect(parameters['timeout']).toBeGreaterThan(0);
  });

  it('is kept even if no server answers', async () => {
    const { client } = await pair(await serve());
    expect(await outcome(client.infer({ text: 'a' }, { timeout: 1 }))).toBe('deadline-exceeded');
    expect(await outcome(client.infer({ text: 'a' }, { timeout: 0 }))).toBe('deadline-exceeded');
  });
});

describe('a lost connection', () => {
  it('is replaced, and what was in flight is sent again, in order', async () => {
    const server = await serve();
    const { client, end } = await pair(server);
    const answers = ['a', 'b', 'c'].map(text => client.infer({ text }));
    await end.next();
    end.answer((await end.next()).id, 'B');
    expect(await outcome(answers[1]!)).toBe('B');
    expect((await end.next()).text).toBe('c');
    end.terminate();
    const again = await server.connection();
    for (const expected of ['a', 'c']) {
      const { id, text } = await again.next();
      expect(text).toBe(expected);
      again.answer(id, text!.toUpperCase());
    }
    expect(await Promise.all(answers.map(outcome))).toEqual(['A', 'B', 'C']);
  });

  it('fails what was in flight where it must not be sent again', async () => {
    const server = await serve();
    const { client, end } = await pair(server, { retry: false });
    const answer = outcome(client.infer({ text: 'a' }));
    await end.next();
    end.terminate();
    expect(await answer).toBe('unavailable');
    const again = await server.connection();
    const next = client.infer({ text: 'b' });
    again.answer((await again.next()).id, 'B');
    expect(await outcome(next)).toBe('B');
  });

  it('is given up after so many attempts, and sought again for the next query', async () => {
    const server = await serve();
    const { client, end } = await pair(server, { reconnect: { first: 1, most: 1, attempts: 2 } });
    const answer = client.infer({ text: 'a' });
    await end.next();
    const { port } = server;
    server.close();
    await expect(answer).rejects.toMatchObject({
      code: 'unavailable',
      message: 'the connection was lost, and 2 attempts to get a new one failed',
    });
    const second = await ScriptedServer.start({}, port);
    open.push(second);
    const next = client.infer({ text: 'b' });
    const again = await second.connection();
    again.answer((await again.next()).id, 'B');
    expect(await outcome(next)).toBe('B');
  });

  it('does not send again what was cancelled meanwhile', async () => {
    const server = await serve();
    const { client, end } = await pair(server);
    const stop = new AbortController();
    const answers = [
      outcome(client.infer({ text: 'a' }, { signal: stop.signal })),
      outcome(client.infer({ text: 'b' })),
    ];
    await end.next();
    await end.next();
    stop.abort();
    end.terminate();
    const again = await server.connection();
    const { id, text } = await again.next();
    expect(text).toBe('b');
    again.answer(id, 'B');
    expect(await Promise.all(answers)).toEqual(['cancelled', 'B']);
  });
});

describe('a server that says goodbye', () => {
  it('answers what it has, and new queries go elsewhere', async () => {
    const server = await serve();
    const { client, end } = await pair(server);
    const [old, refused] = [client.infer({ text: 'old' }), client.infer({ text: 'refused' })];
    const [first, second] = [await end.next(), await end.next()];
    end.send({ goaway: { reason: 'the server is shutting down' } });
    const young = await server.connection();
    const next = client.infer({ text: 'new' });
    const third = await young.next();
    expect(third.text).toBe('new');
    end.fail(second.id, 'unavailable');
    const again = await young.next();
    expect(again.text).toBe('refused');
    end.answer(first.id, 'OLD');
    expect(await end.closed).toBe(1000);
    young.answer(third.id, 'NEW');
    young.answer(again.id, 'REFUSED');
    expect(await Promise.all([old, refused, next].map(outcome))).toEqual(['OLD', 'REFUSED', 'NEW']);
  });
});

describe('a pipeline with state', () => {
  it('is not asked again, and the loss of the state is told, once', async () => {
    const server = await serve({ state: true, window: 1 });
    const { client, end } = await pair(server);
    const first = client.infer({ text: 'a' });
    end.answer((await end.next()).id, 'A');
    expect(await outcome(first)).toBe('A');
    end.terminate();
    const again = await server.connection();
    await expect(client.infer({ text: 'b' })).rejects.toMatchObject({
      code: 'unavailable',
      message: 'the connection was lost, and the state of its sequence with it; the next query begins anew',
    });
    const third = client.infer({ text: 'c' });
    again.answer((await again.next()).id, 'C');
    expect(await outcome(third)).toBe('C');
  });

  it('fails what was in flight and what waited to follow it', async () => {
    const server = await serve({ state: true, window: 1 });
    const { client, end } = await pair(server);
    const answers = [
      client.infer({ text: 'a' }),
      client.infer({ text: 'b' }),
      client.infer({ text: 'c' }, { start: true }),
      client.infer({ text: 'd' }),
    ].map(outcome);
    await end.next();
    end.terminate();
    const again = await server.connection();
    for (const expected of ['c', 'd']) {
      const { id, text } = await again.next();
      expect(text).toBe(expected);
      again.answer(id, text!.toUpperCase());
    }
    expect(await Promise.all(answers)).toEqual(['unavailable', 'unavailable', 'C', 'D']);
  });

  it('forgets nothing that had ended, or is kept under a name of its own', async () => {
    const server = await serve({ state: true });
    const { client, end } = await pair(server);
    const first = [
      client.infer({ text: 'a' }, { end: true }),
      client.infer({ text: 'b' }, { sequence: 's' }),
    ];
    end.answer((await end.next()).id, 'A');
    end.answer((await end.next()).id, 'B');
    expect(await Promise.all(first.map(outcome))).toEqual(['A', 'B']);
    end.terminate();
    const again = await server.connection();
    const next = client.infer({ text: 'c' });
    again.answer((await again.next()).id, 'C');
    expect(await outcome(next)).toBe('C');
  });

  it('has a sequence for each connection', async () => {
    const server = await serve({ state: true });
    const { client } = await pair(server);
    const other = await client.sequence();
    open.unshift(other);
    const end = await server.connection();
    const answer = other.infer({ text: 'a' });
    end.answer((await end.next()).id, 'A');
    expect(await outcome(answer)).toBe('A');
  });
});

describe('a closed client', () => {
  it('has answered everything, and asks for nothing more', async () => {
    const server = await serve();
    const { client, end } = await pair(server);
    const answers = ['a', 'b', 'c'].map(text => outcome(client.infer({ text })));
    await end.next();
    client.close();
    client.close();
    expect(await Promise.all(answers)).toEqual(['cancelled', 'cancelled', 'cancelled']);
    expect(await end.closed).toBe(1000);
    expect(await outcome(client.infer({ text: 'd' }))).toBe('cancelled');
    expect(server.unasked).toBe(0);
  });
});

describe('tensors', () => {
  it('come as views of what came, where they lie on their boundary', async () => {
    const { client, end } = await pair(await serve());
    const answer = client.infer({ text: 'a' });
    end.answer((await end.next()).id, 'A');
    const { data } = (await answer).outputs['out'] as BytesTensor;
    expect(data[0]!.buffer.byteLength).toBeGreaterThan(data[0]!.byteLength);
    expect(tensor('INT64', [1], BigInt64Array.of(1n)).shape).toEqual([1]);
  });
});
