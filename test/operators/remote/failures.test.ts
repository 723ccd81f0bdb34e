import { describe, expect, it } from 'vitest';
import { asking, loud, said, shout, words } from './asking.ts';
import { refuse, serve, type Call } from './server.ts';

/** A site that notes how long it was told to wait, and waits no longer than it takes to do `meanwhile`. */
function waiting(meanwhile: () => Promise<unknown> = async () => undefined) {
  const waits: number[] = [];
  const until = async (time: number) => {
    waits.push(time);
    await meanwhile();
  };
  return { waits, site: { now: () => 0, until } };
}

describe('a request that fails', () => {
  it.each([
    ['400', 400, '{"error": "bad shape"}', 'invalid-input', 'the server answered 400: bad shape'],
    ['401', 401, '', 'stage-failed', 'the server answered 401'],
    ['404', 404, '{"error": "Model shout not found"}', 'unavailable', 'answered 404: Model shout not found'],
    ['413', 413, 'too much', 'too-large', 'the server answered 413: too much'],
    ['422', 422, '{"detail": [{"msg": "needed"}]}', 'invalid-input', 'answered 422: [{"msg":"needed"}]'],
    ['another status', 418, '{"tea": true}', 'stage-failed', 'the server answered 418: {"tea":true}'],
    ['a redirection', 301, '', 'stage-failed', 'the server answered 301'],
    ['500 and a page', 500, `<html>\n${'x'.repeat(999)}`, 'stage-failed', 'the server answered 500: <html>'],
    ['500 and a long text', 500, 'x'.repeat(999), 'stage-failed', `500: ${'x'.repeat(300)}…`],
    [
      '500 and a traceback of Python',
      500,
      'Traceback (most recent call last):\n  File "a.py", line 1\n    x\nValueError: no such word\n',
      'stage-failed',
      'the server answered 500: ValueError: no such word',
    ],
  ])('with %s says what the server said', async (_, status, body, code, message) => {
    const server = await serve(call => refuse(call, status, body));
    const { refusal } = await asking(server.url, words);
    const failure = await refusal(said('a')[0]!);
    expect(failure).toMatchObject({ code });
    expect(failure.message.endsWith(message)).toBe(true);
    expect(server.calls).toHaveLength(1);
  });

  it.each([
    [429, 'overloaded'],
    [502, 'unavailable'],
    [503, 'unavailable'],
    [504, 'deadline-exceeded'],
  ])('with %i is sent again, and in the end is %s', async (status, code) => {
    const server = await serve(call => refuse(call, status, 'busy'));
    const { waits, site } = waiting();
    const { refusal } = await asking(server.url, words, site);
    expect(await refusal(said('a')[0]!)).toMatchObject({
      code,
      message: `the server answered ${status}: busy`,
    });
    expect(server.calls).toHaveLength(3);
    expect(waits).toHaveLength(2);
  });

  it('waits as long as the server asks, and goes on once it is answered', async () => {
    const server = await serve((call, number) =>
      number < 3 ? refuse(call, 503, '', { 'retry-after': String(number) }) : shout(call),
    );
    const { waits, site } = waiting();
    const { run } = await asking(server.url, words, site);
    expect(loud([await run(said('a')[0]!)])).toEqual(['A']);
    expect(waits).toEqual([1000, 2000]);
  });

  it('takes a date to come back at, too', async () => {
    const server = await serve((call, number) =>
      number < 2
        ? refuse(call, 503, '', { 'retry-after': new Date(Date.now() + 5000).toUTCString() })
        : shout(call),
    );
    const { waits, site } = waiting();
    const { run } = await asking(server.url, words, site);
    await run(said('a')[0]!);
    expect(waits).toHaveLength(1);
    expect(waits[0]).toBeGreaterThan(0);
    expect(waits[0]).toBeLessThanOrEqual(5000);
  });

  it('does not wait longer than it may take in all', async () => {
    const server = await serve(call => refuse(call, 503, 'later', { 'retry-after': '60' }));
    const { refusal } = await asking(server.url, words);
    expect(await refusal(said('a')[0]!)).toMatchObject({ code: 'unavailable' });
    expect(server.calls).toHaveLength(1);
  });

  it('is not sent again where no retry is allowed', async () => {
    const server = await serve(call => refuse(call, 503, 'later'));
    const { refusal } = await asking(server.url, { ...words, retries: 0 });
    expect(await refusal(said('a')[0]!)).toMatchObject({ code: 'unavailable' });
    expect(server.calls).toHaveLength(1);
  });

  it('is sent again if the server was not there, even where nothing may be run twice', async () => {
    const { port, url, close } = await serve(shout);
    await close();
    const { waits, site } = waiting(() => serve(shout, port));
    const { run } = await asking(url, words, { ...site, pure: false });
    expect(loud([await run(said('a')[0]!)])).toEqual(['A']);
    expect(waits).toHaveLength(1);
  });

  it('is unavailable if the server never comes', async () => {
    const { url, close } = await serve(shout);
    await close();
    const { site } = waiting();
    const { refusal } = await asking(url, words, site);
    expect(await refusal(said('a')[0]!)).toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/^the server can't be reached: connect ECONNREFUSED/),
    });
  });

  const breaks: [string, (call: Call) => void][] = [
    ['before its answer', ({ response }) => response.socket!.resetAndDestroy()],
    [
      'in the middle of its answer',
      ({ response }) => {
        response.writeHead(200, { 'content-length': '1000' });
        response.write('{"outputs": [', () => response.socket!.destroy());
      },
    ],
  ];

  it.each(breaks)('is sent again if the connection broke %s', async (_, breakOff) => {
    const server = await serve((call, number) => (number === 1 ? breakOff(call) : shout(call)));
    const { site } = waiting();
    const { run } = await asking(server.url, words, site);
    expect(loud([await run(said('a')[0]!)])).toEqual(['A']);
  });

  it.each(breaks)(
    'is not, where it must not be run twice, if the connection broke %s',
    async (_, breakOff) => {
      const server = await serve(breakOff);
      const { refusal } = await asking(server.url, words, { pure: false });
      expect(await refusal(said('a')[0]!)).toMatchObject({
        code: 'unavailable',
        message: expect.stringMatching(/^the connection to the server broke: /),
      });
      expect(server.calls).toHaveLength(1);
    },
  );

  it.each([502, 504])('is not sent again after a %i where it must not be run twice', async status => {
    const server = await serve(call => refuse(call, status, ''));
    const { refusal } = await asking(server.url, words, { pure: false });
    await refusal(said('a')[0]!);
    expect(server.calls).toHaveLength(1);
  });

  it('has a time limit for the whole of it', async () => {
    const server = await serve(({ response }) => response.write('{'));
    const { refusal } = await asking(server.url, { ...words, timeout: '50 ms' });
    expect(await refusal(said('a')[0]!)).toMatchObject({
      code: 'deadline-exceeded',
      message: 'the server gave no answer within 50 ms',
    });
  });
});

describe('an answer', () => {
  const answered =
    (body: string, headers: Record<string, string> = {}) =>
    (call: Call) =>
      refuse(call, 200, body, headers);
  const output = (fields: object) => answered(JSON.stringify({ outputs: [{ name: 'loud', ...fields }] }));

  it.each<[string, (call: Call) => void, string]>([
    ['is not JSON', answered('<html>'), "the server's answer can't be read: the body can't be read as JSON"],
    [
      'is not of the protocol',
      answered('[1]'),
      "the server's answer can't be read: the response is no object",
    ],
    [
      'says a length that it can’t have',
      answered('{}', { 'inference-header-content-length': 'x' }),
      'be read',
    ],
    ['lacks the output', answered('{"outputs": []}'), 'the server gave no output "loud"; it gave none'],
    [
      'is of another datatype',
      output({ datatype: 'FP32', shape: [1, 1], data: [1] }),
      'the server gave "loud" as FP32 [1], not as BYTES [1]',
    ],
    [
      'is of another shape',
      output({ datatype: 'BYTES', shape: [1, 2], data: ['a', 'b'] }),
      'the server gave "loud" as BYTES [2], not as BYTES [1]',
    ],
    [
      'has no leading axis of its queries',
      output({ datatype: 'BYTES', shape: [2], data: ['a', 'b'] }),
      'the server gave "loud" as BYTES [2] for 1 query along a leading axis; if it takes one query at a time, say `batch: single`',
    ],
  ])('that %s fails the query', async (_, answer, message) => {
    const server = await serve(answer);
    const { refusal } = await asking(server.url, words);
    expect(await refusal(said('a')[0]!)).toMatchObject({
      code: 'stage-failed',
      message: expect.stringContaining(message),
    });
    expect(server.calls).toHaveLength(1);
  });

  it('longer than it may be is refused', async () => {
    const server = await serve(answered(' '.repeat(2000)));
    const { refusal } = await asking(server.url, { ...words, 'max-answer': '1 kB' });
    expect(await refusal(said('a')[0]!)).toMatchObject({
      code: 'too-large',
      message: "the server's answer is longer than 1 kB",
    });
  });
});
