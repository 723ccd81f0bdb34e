import { once } from 'node:events';
import { createServer, connect, type AddressInfo, type Socket } from 'node:net';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FrameChannel, type Frame } from '../../engine/runtime/frames.ts';

const server = createServer();
let near: Socket;
let far: Socket;

async function pair(): Promise<[Socket, Socket]> {
  const accepted = once(server, 'connection');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [socket] = (await accepted) as [Socket];
  return [client, socket];
}

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  [near, far] = await pair();
});

afterAll(() => {
  near.destroy();
  far.destroy();
  server.close();
});

/** The bytes of a frame's body, `length` of them. */
function bodyOf({ body }: Frame, length: number): Uint8Array {
  return body === null ? new Uint8Array(0) : new Uint8Array(body, 0, length);
}

describe('messages between processes', () => {
  it('arrive as they were sent, in their order, in shared memory too', async () => {
    let arrived: (frame: Frame) => void = () => undefined;
    const sender = FrameChannel.over(near, { allocate: () => new ArrayBuffer(0), received: () => undefined });
    FrameChannel.over(far, {
      allocate: bytes => (bytes > 64 ? new SharedArrayBuffer(bytes + 8) : new ArrayBuffer(bytes)),
      received: frame => arrived(frame),
    });
    const part = fc
      .tuple(fc.oneof(fc.nat(100), fc.nat(300_000)), fc.nat(255))
      .map(([length, first]) => Uint8Array.from({ length }, (_, index) => first + index));
    const message = fc.record({
      head: fc.jsonValue({ maxDepth: 2 }),
      parts: fc.array(part, { maxLength: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 3 }), async messages => {
        const frames: Frame[] = [];
        const all = new Promise<void>(resolve => {
          arrived = frame => {
            if (frames.push(frame) === messages.length) resolve();
          };
        });
        for (const { head, parts } of messages) {
          const shared = parts.map(bytes => {
            const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
            copy.set(bytes);
            return copy;
          });
          sender.send({ head }, shared);
        }
        await all;
        for (const [place, { head, parts }] of messages.entries()) {
          const bytes = Buffer.concat(parts);
          expect(frames[place]!.head).toEqual({ head });
          expect(Buffer.compare(bodyOf(frames[place]!, bytes.length), bytes)).toBe(0);
        }
      }),
      { numRuns: 30 },
    );
  });

  it.each([
    ['of an impossible length', [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0]],
    ['without a head', [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]],
    ['whose head can’t be read', [2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 7]],
  ])('%s end the connection', async (_, bytes) => {
    const [writer, reader] = await pair();
    writer.on('error', () => undefined);
    FrameChannel.over(reader, { allocate: size => new ArrayBuffer(size), received: () => undefined });
    const failed = once(reader, 'error');
    writer.write(Uint8Array.from(bytes));
    expect((await failed)[0]).toBeInstanceOf(Error);
    writer.destroy();
  });
});
