import { describe, expect, it, onTestFinished } from 'vitest';
import {
  bytes,
  tensor,
  text,
  texts,
  type BytesTensor,
  type Site,
  type Tensor,
} from '../../../operators/index.ts';
import { operator } from '../../../operators/remote/infer.ts';
import { start } from '../start.ts';
import { give, refuse, serve, type Call } from './server.ts';

const words = {
  model: 'shout',
  inputs: { text: { datatype: 'BYTES', shape: [1] } },
  outputs: { loud: { datatype: 'BYTES', shape: [1] } },
};
const numbers = {
  model: 'double',
  inputs: { x: { datatype: 'INT64', shape: ['n'] } },
  outputs: { y: { datatype: 'INT64', shape: ['n'] } },
};

/** What the server at `url` is asked by. */
async function asking(url: string, params: object, site?: Partial<Site>) {
  const started = await start(operator, { url, ...params }, site);
  onTestFinished(() => started.close());
  return started;
}

const inputOf = ({ request }: Call) => request.inputs[0]!.tensor;

function shout(call: Call): void {
  const given = inputOf(call) as BytesTensor;
  const loud = texts(given).map(each => new TextEncoder().encode(each.toUpperCase()));
  give(call, [{ name: 'loud', tensor: bytes(loud, given.shape) }]);
}

function double(call: Call): void {
  const { shape, data } = inputOf(call);
  const doubled = BigInt64Array.from(data as BigInt64Array, each => each * 2n);
  give(call, [{ name: 'y', tensor: tensor('INT64', shape, doubled) }]);
}

const loud = (results: readonly unknown[]) =>
  results.map(result =>
    result instanceof Error ? result : texts((result as { loud: BytesTensor }).loud)[0],
  );
const said = (...given: string[]) => given.map(each => ({ text: text(each) }));
const counted = (...given: number[]) => ({
  x: tensor('INT64', [given.length], BigInt64Array.from(given, BigInt)),
});

/** A site that notes how long it was told to wait, and waits no longer than it takes to do `meanwhile`. */
function waiting(meanwhile: () => Promise<unknown> = async () => undefined) {
  const waits: number[] = [];
  const until = async (time: number) => {
    waits.push(time);
    await meanwhile();
  };
  return { waits, site: { now: () => 0, until } };
}

describe('a batch', () => {
  it('goes as one request along a leading axis, and comes back taken apart', async () => {
    const server = await serve(shout);
    const { batch } = await asking(server.url, words);
    expect(loud(await batch(said('a', 'b', 'c')))).toEqual(['A', 'B', 'C']);
    expect(server.calls.map(call => [call.path, inputOf(call).shape])).toEqual([
      ['/v2/models/shout/infer', [3, 1]],
    ]);
  });

  it('goes as one request for each shape there is', async () => {
    const server = await serve(double);
    const { batch } = await asking(server.url, numbers);
    const results = await batch([counted(1), counted(2, 3), counted(4)]);
    expect(results.map(result => [...(result as { y: Tensor }).y.data])).toEqual([[2n], [4n, 6n], [8n]]);
    expect(server.calls.map(call => inputOf(call).shape).sort()).toEqual([
      [1, 2],
      [2, 1],
    ]);
  });

  it('goes query by query and without the axis where it is told so, so many at a time', async () => {
    const held: Call[] = [];
    const server = await serve(call => {
      held.push(call);
      // The third is not sent before one of the first two is answered.
      if (held.length === 2 || server.calls.length > 2) held.splice(0).forEach(shout);
    });
    const { batch } = await asking(server.url, { ...words, batch: 'single', concurrency: 2 });
    expect(loud(await batch(said('a', 'b', 'c')))).toEqual(['A', 'B', 'C']);
    expect(server.calls.map(call => inputOf(call).shape)).toEqual([[1], [1], [1]]);
    expect(server.connections).toHaveLength(2);
  });

  it('is thrown out whole if the server refuses it, for the engine to find the query to blame', async () => {
    const server = await serve(call => refuse(call, 400, '{"error": "no \\"b\\" here\\nstack"}'));
    const { batch } = await asking(server.url, words);
    await expect(batch(said('a', 'b'))).rejects.toMatchObject({
      code: 'invalid-input',
      message: 'the server answered 400: no "b" here',
    });
  });

  it('that must not be run again fails as one, but for requests that were answered', async () => {
    const server = await serve(call =>
      inputOf(call).shape[0] === 2 ? refuse(call, 500, 'no') : double(call),
    );
    const { batch } = await asking(server.url, numbers, { pure: false });
    const results = await batch([counted(1), counted(2, 3), counted(4)]);
    expect(results.map(result => (result instanceof Error ? result.message : 'answered'))).toEqual([
      'the server answered 500: no',
      'answered',
      'the server answered 500: no',
    ]);
  });

  it('is not run again for what no query is to blame for', async () => {
    const server = await serve(call => refuse(call, 403, '{"detail": "not you"}'));
    const { batch } = await asking(server.url, words);
    expect(await batch(said('a', 'b'))).toEqual([
      expect.objectContaining({ code: 'stage-failed', message: 'the server answered 403: not you' }),
      expect.objectContaining({ code: 'stage-failed' }),
    ]);
    expect(server.calls).toHaveLength(1);
  });
});

describe('a request', () => {
  it('goes to the version and below the path that are given, with the server’s own names', async () => {
    const server = await serve(call => give(call, [{ name: 'output-0', tensor: inputOf(call) }]));
    const { run } = await asking(`${server.url}/ns/`, {
      model: 'a/b',
      version: '3',
      inputs: { text: { ...words.inputs.text, name: 'input-0', parameters: { content_type: 'str' } } },
      outputs: { loud: { ...words.outputs.loud, name: 'output-0' } },
    });
    expect(loud([await run(said('a')[0]!)])).toEqual(['a']);
    const [{ path, request, headers }] = server.calls as [Call];
    expect(path).toBe('/ns/v2/models/a%2Fb/versions/3/infer');
    expect(request.inputs[0]).toMatchObject({ name: 'input-0', parameters: { content_type: 'str' } });
    expect(request.outputs).toEqual([{ name: 'output-0', parameters: {} }]);
    expect(headers['content-type']).toBe('application/json');
  });

  it('uses a connection again', async () => {
    const server = await serve(shout);
    const { run } = await asking(server.url, { ...words, concurrency: 1 });
    for (const each of said('a', 'b', 'c')) await run(each);
    expect(server.calls).toHaveLength(3);
    expect(server.connections).toHaveLength(1);
  });

  it('makes a new connection where the server has closed the one it had', async () => {
    const server = await serve(shout);
    const { run } = await asking(server.url, words, { pure: false });
    await run(said('a')[0]!);
    const [first] = server.connections;
    await new Promise(resolve => {
      first!.on('close', resolve);
      first!.end();
    });
    expect(loud([await run(said('b')[0]!)])).toEqual(['B']);
    expect(server.connections).toHaveLength(2);
  });

  it('carries tensors as bytes where it is told to, there and back', async () => {
    const server = await serve(double);
    const { run } = await asking(server.url, { ...numbers, binary: true });
    const { y } = await run(counted(2 ** 40, -1));
    expect([...(y as Tensor).data]).toEqual([2n ** 41n, -2n]);
    const [{ json, headers }] = server.calls as [Call];
    expect(JSON.parse(json)).toMatchObject({
      inputs: [{ name: 'x', shape: [1, 2], parameters: { binary_data_size: 16 } }],
      outputs: [{ name: 'y', parameters: { binary_data: true } }],
    });
    expect(headers['inference-header-content-length']).toBe(String(json.length));
  });

  it.each([
    [
      'what is no text',
      Uint8Array.of(255, 0),
      {},
      { data: ['/wA='], parameters: { content_type: 'base64' } },
    ],
    ['text', Uint8Array.of(104, 105), {}, { data: ['hi'] }],
    [
      'text that is to be base64',
      Uint8Array.of(104, 105),
      { content_type: 'base64' },
      { data: ['aGk='], parameters: { content_type: 'base64' } },
    ],
  ])('carries %s as it must, and takes it back', async (_, element, given, sent) => {
    const server = await serve(call => give(call, [{ name: 'loud', tensor: inputOf(call) }]));
    const params = { ...words, inputs: { text: { ...words.inputs.text, parameters: given } } };
    const { run } = await asking(server.url, params);
    expect((await run({ text: bytes([element]) }))['loud']).toEqual(bytes([element]));
    expect(JSON.parse(server.calls[0]!.json).inputs[0]).toMatchObject(sent);
  });

  it('carries headers, and secrets from the environment', async () => {
    process.env['SHOUT_KEY'] = 'Bearer abc\n';
    onTestFinished(() => void delete process.env['SHOUT_KEY']);
    const server = await serve(shout);
    const headers = { Authorization: 'env:SHOUT_KEY', 'x-tenant': 'mill' };
    const { run } = await asking(server.url, { ...words, headers });
    await run(said('a')[0]!);
    expect(server.calls[0]!.headers).toMatchObject({ authorization: 'Bearer abc', 'x-tenant': 'mill' });
  });
});

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

describe('closing', () => {
  it('ends the connections', async () => {
    const server = await serve(shout);
    const { run, close } = await start(operator, { url: server.url, ...words });
    await run(said('a')[0]!);
    const ended = new Promise(resolve => server.connections[0]!.on('close', resolve));
    await close();
    await ended;
  });
});

describe('parameters', () => {
  it.each([
    [{ url: 'http://[' }, '`url` is no URL'],
    [{ url: 'http://me:secret@host' }, '`url` holds a password'],
    [{ headers: { Authorization: 'Bearer abc' } }, 'header "Authorization" holds a secret; write env:NAME'],
    [{ headers: { 'x-api-key': 'abc' } }, 'header "x-api-key" holds a secret'],
    [
      { outputs: { a: { datatype: 'BYTES', shape: [1], name: 'b' }, b: { datatype: 'BYTES', shape: [1] } } },
      '`outputs` "a" and "b" are both the server\'s "b"',
    ],
  ])('%j are a mistake', async (params, message) => {
    await expect(start(operator, { url: 'http://host', ...words, ...params })).rejects.toMatchObject({
      code: 'invalid-pipeline',
      diagnostic: 'bad-parameter',
      message: expect.stringContaining(message),
    });
  });

  it('a secret that is not there is told at the start', async () => {
    const headers = { authorization: 'env:NO_SUCH_KEY' };
    await expect(start(operator, { url: 'http://host', ...words, headers })).rejects.toMatchObject({
      code: 'unavailable',
      message: 'header "authorization" comes from the environment variable "NO_SUCH_KEY", which is not set',
    });
  });
});
