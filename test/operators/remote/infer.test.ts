import { describe, expect, it, onTestFinished } from 'vitest';
import { bytes, type Tensor } from '../../../operators/index.ts';
import { operator } from '../../../operators/remote/infer.ts';
import { start } from '../start.ts';
import { asking, counted, double, inputOf, loud, numbers, said, shout, words } from './asking.ts';
import { give, refuse, serve, type Call } from './server.ts';

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
