import { describe, expect, it } from 'vitest';
import { textOf, writeFrame, type BytesTensor } from '../../../../operators/index.ts';
import { outcomes, serveVirtual, type Client, type Served } from '../../../support/streams.ts';
import { isAtRest, pipelineOf } from '../../../support/virtual-engine.ts';

/** A stage that takes 10 ms, and one that takes 5. */
const twoStages = () =>
  pipelineOf(
    `  a: { operator: emulate, inputs: { in: inputs.text }, params: { latency: { 1: 10 ms }, emit: { code: { en: 1 } } } }
  b: { operator: emulate, inputs: { in: a.out }, params: { latency: { 1: 5 ms } } }`,
    '{ out: b.out, code: a.code }',
  );

/** Sums what one sequence brings. */
const summing = () =>
  pipelineOf(
    '  a: { operator: ./operators.mjs#sum, inputs: { value: inputs.text }, state: { sum: sum } }',
    '{ out: a.sum }',
    '{ datatype: FP32, shape: [1] }',
  );

/** Echoes; fails on the text `poison`, and never answers `hang`. */
const fragile = () =>
  pipelineOf(
    `  a: { operator: ./operators.mjs#fragile, inputs: { in: inputs.text } }
  b: { operator: ./operators.mjs#stuck, inputs: { in: a.out } }`,
    '{ out: b.out }',
  );

/** Lets everything that is in flight come to its end. */
async function settled({ clock }: Served): Promise<void> {
  await clock.advanceTo(clock.now() + 1000);
}

describe('a stream', () => {
  it('begins with a hello', async () => {
    const served = await serveVirtual(await twoStages(), {}, { window: 7, message: 1000 });
    const { socket } = served.open();
    await settled(served);
    const hello = { pipeline: 'test', version: '1', window: 7, max_message: 1000 };
    expect(socket.frames.map(({ fields }) => fields)).toEqual([{ hello }]);
  });

  it('says in its hello that the pipeline has state', async () => {
    const served = await serveVirtual(await summing());
    const { socket } = served.open();
    await settled(served);
    expect(socket.frames[0]!.fields['hello']).toMatchObject({ pipeline: 'test', state: true });
  });

  it('answers a text in text', async () => {
    const served = await serveVirtual(await twoStages());
    const client = served.open();
    client.ask('q', 'x', { binary_data_output: true });
    await settled(served);
    expect(client.received).toMatchObject([
      {
        binary: false,
        fields: {
          model_name: 'test',
          model_version: '1',
          id: 'q',
          outputs: [
            { name: 'out', datatype: 'BYTES', shape: [1], data: ['x'] },
            { name: 'code', datatype: 'BYTES', shape: [1], data: ['en'] },
          ],
        },
      },
    ]);
  });

  it('answers bytes in bytes, but for outputs that are wanted otherwise', async () => {
    const served = await serveVirtual(await twoStages());
    const client = served.open();
    client.askBinary('1', 'x');
    client.askBinary('2', 'y', [{ name: 'code', parameters: { binary_data: false } }, { name: 'out' }]);
    client.askBinary('3', 'z', undefined, { binary_data_output: false });
    await settled(served);
    const binary = client.received.map(({ binary, fields }) => [
      binary,
      fields['id'],
      (fields['outputs'] as { name: string; data?: unknown }[]).map(({ name, data }) => [name, data]),
    ]);
    expect(binary).toEqual([
      [true, '1', [['out', undefined], ['code', undefined]]], // prettier-ignore
      [true, '2', [['code', ['en']], ['out', undefined]]], // prettier-ignore
      [true, '3', [['out', ['z']], ['code', ['en']]]], // prettier-ignore
    ]);
    expect(textOf(client.received[0]!.outputs[0]!.tensor as BytesTensor)).toBe('x');
  });

  it('answers a stack of queries with a stack', async () => {
    const served = await serveVirtual(await twoStages());
    const client = served.open();
    client.send({ id: 's', inputs: [{ name: 'text', datatype: 'BYTES', shape: [2, 1], data: ['x', 'y'] }] });
    await settled(served);
    expect(client.received[0]!.fields).toMatchObject({ outputs: [{ shape: [2, 1], data: ['x', 'y'] }, {}] });
  });

  it('answers queries without an id, too', async () => {
    const served = await serveVirtual(await twoStages());
    const client = served.open();
    client.ask(undefined, 'x');
    client.ask(undefined, 'y');
    await settled(served);
    expect(outcomes(client.received)).toEqual([
      [undefined, 'x'],
      [undefined, 'y'],
    ]);
  });

  it('tells of a failure with its code and stage, without a second line', async () => {
    const served = await serveVirtual(await fragile());
    const client = served.open();
    client.ask('q', 'poison');
    await settled(served);
    const error = { code: 'stage-failed', stage: 'a', message: 'stage "a": can not swallow poison' };
    expect(client.received.map(({ fields }) => fields)).toEqual([{ id: 'q', error }]);
  });

  it('keeps to the time a query has', async () => {
    const served = await serveVirtual(await twoStages());
    const client = served.open();
    client.ask('late', 'x', { timeout: 12_000 });
    client.ask('in time', 'y', { timeout: 30_000 });
    await settled(served);
    expect(outcomes(client.received)).toEqual([
      ['late', 'deadline-exceeded'],
      ['in time', 'y'],
    ]);
  });
});

describe('the order of answers', () => {
  const mixed = (client: Client) => {
    client.ask('slow', 'x');
    client.ask('bad', 3);
    client.ask('slow', 'again');
    client.ask('next', 'y');
  };

  it('is that in which they finish', async () => {
    const served = await serveVirtual(await twoStages());
    const client = served.open();
    mixed(client);
    await settled(served);
    expect(outcomes(client.received)).toEqual([
      ['slow', 'invalid-input'],
      ['bad', 'invalid-input'],
      ['slow', 'x'],
      ['next', 'y'],
    ]);
  });

  it('is that in which they were asked where this is wanted', async () => {
    const served = await serveVirtual(await twoStages());
    const client = served.open('ordered=true');
    mixed(client);
    await settled(served);
    expect(outcomes(client.received)).toEqual([
      ['slow', 'x'],
      ['bad', 'invalid-input'],
      ['slow', 'invalid-input'],
      ['next', 'y'],
    ]);
  });

  it('holds answers that count as in flight until they are sent, and can be cancelled', async () => {
    const served = await serveVirtual(await fragile(), {}, { window: 3 });
    const client = served.open('ordered=true');
    client.ask('hangs', 'hang');
    client.ask('held', 'poison');
    client.ask('held, too', 'poison');
    await settled(served);
    client.ask('one more', 'x');
    client.send({ cancel: 'held, too' });
    await settled(served);
    expect(outcomes(client.received)).toEqual([['one more', 'overloaded']]);
    client.send({ cancel: 'hangs' });
    await settled(served);
    expect(outcomes(client.received).slice(1)).toEqual([
      ['hangs', 'cancelled'],
      ['held', 'stage-failed'],
      ['held, too', 'cancelled'],
    ]);
  });
});

describe('partial results', () => {
  it('come stage by stage, and name their stage', async () => {
    const served = await serveVirtual(await twoStages());
    const client = served.open();
    client.ask('q', 'x', { partial: true });
    await settled(served);
    const told = client.received.map(({ fields, outputs }) => [
      fields['id'],
      fields['parameters'],
      outputs.map(({ name }) => name),
    ]);
    expect(told).toEqual([
      ['q', { stage: 'a' }, ['out', 'code']],
      ['q', { stage: 'b' }, ['out']],
      ['q', undefined, ['out', 'code']],
    ]);
  });

  it('come item by item within a fan-out, and lists as one tensor if they can', async () => {
    const pipeline = await pipelineOf(
      `  split: { operator: ./operators.mjs#split, inputs: { text: inputs.text } }
  each: { each: split.parts, operator: emulate, inputs: { in: item }, params: { latency: { 1: 1 ms } } }`,
      '{ out: each.out }',
    );
    const served = await serveVirtual(pipeline);
    const client = served.open();
    client.askBinary('q', 'a,b', undefined, { partial: true });
    await settled(served);
    const told = client.received.map(({ fields, outputs, binary }) => [
      binary,
      fields['parameters'],
      outputs.map(({ tensor }) => tensor.shape),
    ]);
    expect(told).toEqual([
      [true, { stage: 'split' }, [[2, 1]]],
      [true, { stage: 'each', index: 0 }, [[1]]],
      [true, { stage: 'each', index: 1 }, [[1]]],
      [true, undefined, [[2, 1]]],
    ]);
  });

  it('are of one query, not of a stack of them', async () => {
    const served = await serveVirtual(await twoStages());
    const client = served.open();
    const inputs = [{ name: 'text', datatype: 'BYTES', shape: [2, 1], data: ['x', 'y'] }];
    client.send({ id: 's', parameters: { partial: true }, inputs });
    await settled(served);
    expect(outcomes(client.received)).toEqual([['s', 'invalid-input']]);
  });

  it('are left out for a client that does not read, and the answer says how many', async () => {
    const served = await serveVirtual(await twoStages(), {}, { unread: 100 });
    const client = served.open();
    client.ask('q', 'x', { partial: true });
    client.socket.buffered = 101;
    await settled(served);
    expect(client.received.map(({ fields }) => fields['parameters'])).toEqual([{ partial_skipped: 2 }]);
  });

  it('that are left out leave the rest of what the answer says as it is', async () => {
    const served = await serveVirtual(await twoStages(), {}, { unread: 100 });
    const client = served.open();
    client.ask('q', 'x', { timing: true });
    client.ask('r', 'y', { timing: true, partial: true });
    client.socket.buffered = 101;
    await settled(served);
    const [timed, both] = client.received.map(({ fields }) => Object.keys(fields['parameters'] as object));
    expect(both).toEqual([...timed!, 'partial_skipped']);
  });
});

describe('a cancelled query', () => {
  it('is answered so, once, and what it had is freed', async () => {
    const served = await serveVirtual(await twoStages());
    const client = served.open();
    client.ask('a', 'x');
    client.ask('b', 'y');
    client.send({ cancel: 'b' });
    client.send({ cancel: 'b' });
    await settled(served);
    client.send({ cancel: 'b' });
    await settled(served);
    expect(outcomes(client.received)).toEqual([
      ['b', 'cancelled'],
      ['a', 'x'],
      ['b', 'not-found'],
    ]);
    expect(isAtRest(served.engine)).toBe(true);
  });

  it('takes all queries of its stack along', async () => {
    const served = await serveVirtual(await twoStages());
    const client = served.open();
    client.send({ id: 's', inputs: [{ name: 'text', datatype: 'BYTES', shape: [2, 1], data: ['x', 'y'] }] });
    client.send({ cancel: 's' });
    await settled(served);
    expect(outcomes(client.received)).toEqual([['s', 'cancelled']]);
    expect(isAtRest(served.engine)).toBe(true);
  });

  it.each([
    [{ cancel: 'nobody' }, { id: 'nobody', cancel: 'nobody', error: { code: 'not-found', message: 'no query "nobody" is in flight on this connection' } }], // prettier-ignore
    [{ cancel: 7 }, { id: '7', cancel: '7', error: { code: 'not-found', message: 'no query "7" is in flight on this connection' } }], // prettier-ignore
    [{ cancel: { id: 'a' } }, { error: { code: 'invalid-input', message: '"cancel" is no text' } }],
    [{ cancel: 'x'.repeat(257) }, { error: { code: 'invalid-input', message: '"cancel" has 257 characters; at most 256 are taken' } }], // prettier-ignore
  ])('has to be one: %j', async (message, answer) => {
    const served = await serveVirtual(await twoStages());
    const client = served.open();
    client.send(message);
    await settled(served);
    expect(client.received.map(({ fields }) => fields)).toEqual([answer]);
  });
});

describe('flow control', () => {
  it('refuses what is over the window at once, and takes more once there are answers', async () => {
    const served = await serveVirtual(await twoStages(), {}, { window: 2 });
    const client = served.open();
    for (const id of ['a', 'b', 'c']) client.ask(id, id);
    await settled(served);
    client.ask('d', 'd');
    await settled(served);
    expect(outcomes(client.received)).toEqual([
      ['c', 'overloaded'],
      ['a', 'a'],
      ['b', 'b'],
      ['d', 'd'],
    ]);
  });

  it('refuses queries of a client that does not read, until it has', async () => {
    const served = await serveVirtual(await twoStages(), {}, { unread: 100 });
    const client = served.open();
    client.ask('a', 'x');
    client.socket.buffered = 101;
    await settled(served);
    client.ask('b', 'y');
    client.drain(100);
    client.ask('c', 'z');
    await settled(served);
    expect(outcomes(client.received)).toEqual([
      ['a', 'x'],
      ['b', 'overloaded'],
      ['c', 'z'],
    ]);
  });

  it('counts what all clients have not read, and refuses those who read least', async () => {
    const served = await serveVirtual(await twoStages(), {}, { unreadInAll: 100 });
    const [slow, quick] = [served.open(), served.open()];
    await settled(served);
    slow.socket.buffered = 101;
    slow.ask('a', 'x');
    await settled(served);
    expect(served.streams.unread).toBe(101);
    slow.ask('b', 'y');
    quick.ask('c', 'z');
    await settled(served);
    expect(outcomes(slow.received)).toEqual([['a', 'x'], ['b', 'overloaded']]); // prettier-ignore
    expect(outcomes(quick.received)).toEqual([['c', 'z']]);
    slow.close();
    expect(served.streams.unread).toBe(0);
  });

  it('counts answers that wait for their turn as unread', async () => {
    const served = await serveVirtual(await fragile(), {}, { unread: 100 });
    const client = served.open('ordered=true');
    client.ask('hangs', 'hang');
    client.ask('held', 'poison');
    await settled(served);
    client.ask('refused', 'x');
    client.send({ cancel: 'hangs' });
    await settled(served);
    client.ask('taken', 'poison');
    await settled(served);
    expect(outcomes(client.received)).toEqual([
      ['refused', 'overloaded'],
      ['hangs', 'cancelled'],
      ['held', 'stage-failed'],
      ['taken', 'stage-failed'],
    ]);
  });
});

describe('a sequence', () => {
  it('is the connection, until it says otherwise, and is kept however long nothing comes', async () => {
    const served = await serveVirtual(await summing(), { limits: { sequenceIdle: 100 } });
    const [client, other] = [served.open('ordered=true'), served.open()];
    client.ask('1', 1);
    client.ask('2', 2);
    other.ask('1', 10);
    client.ask('3', 5, { sequence_id: 'named' });
    await settled(served);
    client.ask('4', 3);
    client.ask('5', 4, { sequence_end: true });
    client.ask('6', 6);
    client.ask('7', 7, { sequence_start: true });
    await settled(served);
    expect(outcomes(client.received)).toEqual([
      ['1', 1],
      ['2', 3],
      ['3', 5],
      ['4', 6],
      ['5', -10],
      ['6', 6],
      ['7', 7],
    ]);
    expect(outcomes(other.received)).toEqual([['1', 10]]);
  });

  it('ends with its connection', async () => {
    const served = await serveVirtual(await summing());
    const client = served.open();
    client.ask('1', 1);
    await settled(served);
    expect(served.engine.status().sequences).toBe(1);
    client.ask('2', 1);
    client.close();
    await settled(served);
    expect(served.engine.status().sequences).toBe(0);
    expect(isAtRest(served.engine)).toBe(true);
  });

  it('takes no stack of queries', async () => {
    const served = await serveVirtual(await summing());
    const client = served.open();
    client.send({ id: 's', inputs: [{ name: 'text', datatype: 'FP32', shape: [2, 1], data: [1, 2] }] });
    await settled(served);
    expect(outcomes(client.received)).toEqual([['s', 'invalid-input']]);
  });
});

describe('a message', () => {
  it.each([
    ['{"inputs": ', /can't be read as JSON/],
    [new Uint8Array(3), /has no length in front/],
    [Uint8Array.of(9, 0, 0, 0, 0x7b, 0x7d), /says that it has 9 bytes of JSON; it has 2 in all/],
    [Uint8Array.of(2, 0, 0, 0, 0xff, 0xff), /not in UTF-8/],
    [writeFrame({ json: '{', tensors: [] }), /can't be read as JSON/],
    ['['.repeat(100_000), /can't be read as JSON/],
    ['\u{1f642}'.repeat(100), /can't be read as JSON/],
  ])('that can not be read closes the connection, and is the last', async (frame, reason) => {
    const served = await serveVirtual(await twoStages());
    const client = served.open();
    client.ask('a', 'x');
    client.send(frame);
    client.ask('b', 'y');
    expect(client.socket.end).toEqual({ code: 1007, reason: expect.stringMatching(reason) });
    expect(Buffer.byteLength(client.socket.end!.reason)).toBeLessThanOrEqual(123);
    client.close();
    await settled(served);
    expect(client.received).toEqual([]);
    expect(isAtRest(served.engine)).toBe(true);
  });

  it.each([
    [{ id: 'a', inputs: [] }, 'a', /input "text" is missing/],
    [{ id: 'a', inputs: 'none' }, 'a', /inputs is no list/],
    [
      { id: 'a', inputs: [{ name: 'text', datatype: 'STRING', shape: [1], data: ['x'] }] },
      'a',
      /no datatype: "STRING"/,
    ],
    [{ id: 'a', inputs: [{ name: 'text', datatype: 'FP32', shape: [1], data: [1] }] }, 'a', /takes BYTES/],
    [{ id: 'a', inputs: [{ name: 'text', datatype: 'BYTES', shape: [2 ** 53], data: ['x'] }] }, 'a', /shape/],
    [
      {
        id: 'a',
        inputs: [{ name: 'text', datatype: 'BYTES', shape: [1], parameters: { binary_data_size: 5 } }],
      },
      'a',
      /only 0 bytes are left/,
    ],
    [
      {
        id: 'a',
        inputs: [{ name: 'text', datatype: 'BYTES', shape: [1], data: ['x'] }],
        outputs: [{ name: 'no' }],
      },
      'a',
      /has no output "no"/,
    ],
    [
      {
        id: 'a',
        parameters: { partial: 'yes' },
        inputs: [{ name: 'text', datatype: 'BYTES', shape: [1], data: ['x'] }],
      },
      'a',
      /parameters.partial is no boolean/,
    ],
    [
      {
        id: 'a',
        parameters: { timeout: -1 },
        inputs: [{ name: 'text', datatype: 'BYTES', shape: [1], data: ['x'] }],
      },
      'a',
      /parameters.timeout is below 0/,
    ],
    [{ id: {}, inputs: [] }, undefined, /"id" is no text/],
    [{ id: 'x'.repeat(257), inputs: [] }, undefined, /"id" has 257 characters/],
    [{ id: 'a', text: 'hello' }, 'a', /this is neither/],
    [{ hello: {} }, undefined, /this is neither/],
    [[1, 2], undefined, /this is neither/],
    ['null', undefined, /this is neither/],
    ['"a"', undefined, /this is neither/],
    ['{}', undefined, /this is neither/],
  ] as [object | string, string | undefined, RegExp][])(
    'that is wrong is answered: %j',
    async (message, id, problem) => {
      // prettier-ignore
      const served = await serveVirtual(await twoStages());
      const client = served.open();
      client.send(message);
      await settled(served);
      expect(client.received.map(({ fields }) => fields)).toEqual([
        {
          ...(id !== undefined && { id }),
          error: { code: 'invalid-input', message: expect.stringMatching(problem) },
        },
      ]);
      client.ask('next', 'x');
      await settled(served);
      expect(outcomes(client.received).at(-1)).toEqual(['next', 'x']);
    },
  );

  it('of bytes that asks for an output of neither kind is answered in bytes', async () => {
    const served = await serveVirtual(await twoStages());
    const client = served.open();
    client.askBinary('a', 'x', [{ name: 'out', parameters: { binary_data: 'yes' } }]);
    await settled(served);
    expect(client.received).toMatchObject([
      { binary: true, fields: { error: { message: 'parameters.binary_data is no boolean' } } },
    ]);
  });
});

describe('the end', () => {
  it('of a connection cancels what it had in flight', async () => {
    const served = await serveVirtual(await twoStages());
    const client = served.open();
    for (const id of ['a', 'b', 'c']) client.ask(id, id);
    client.close();
    await settled(served);
    expect(client.received).toEqual([]);
    expect(isAtRest(served.engine)).toBe(true);
    expect(served.streams.size).toBe(0);
  });

  it('of a server lets what is in flight be answered', async () => {
    const served = await serveVirtual(await twoStages());
    const [client, idle] = [served.open(), served.open()];
    client.ask('a', 'x');
    const drained = served.streams.goAway(60_000);
    expect(idle.socket.end).toEqual({ code: 1001, reason: 'the server is shutting down' });
    idle.close();
    client.ask('b', 'y');
    await settled(served);
    expect(client.received[0]!.fields).toEqual({
      goaway: { reason: 'the server is shutting down', drain: 60_000 },
    });
    expect(outcomes(client.received.slice(1))).toEqual([
      ['b', 'unavailable'],
      ['a', 'x'],
    ]);
    expect(client.socket.end).toEqual({ code: 1001, reason: 'the server is shutting down' });
    client.close();
    await drained;
  });

  it('of a server is told to queries that take longer than it has', async () => {
    const served = await serveVirtual(await fragile());
    const client = served.open('ordered=true');
    client.ask('a', 'hang');
    client.ask('b', 'poison');
    await settled(served);
    await served.streams.goAway(0);
    expect(outcomes(client.received.slice(1))).toEqual([
      ['a', 'unavailable'],
      ['b', 'stage-failed'],
    ]);
    expect(client.socket.end!.code).toBe(1001);
  });
});

describe('a service', () => {
  it('that is unloaded answers so on streams that are open', async () => {
    const served = await serveVirtual(await twoStages());
    const client = served.open();
    const unloaded = served.service.unload(0);
    client.ask('a', 'x');
    await settled(served);
    await unloaded;
    expect(outcomes(client.received)).toEqual([['a', 'unavailable']]);
  });

  it('takes inputs as they are, whatever becomes of the frame', async () => {
    const served = await serveVirtual(await twoStages());
    const client = served.open();
    const json = JSON.stringify({
      id: 'a',
      inputs: [{ name: 'text', datatype: 'BYTES', shape: [1], parameters: { binary_data_size: 5 } }],
    });
    const frame = writeFrame({ json, tensors: [Uint8Array.of(1, 0, 0, 0, 0x78)] });
    client.send(frame);
    frame.fill(0);
    await settled(served);
    expect(outcomes(client.received)).toEqual([['a', 'x']]);
  });
});
