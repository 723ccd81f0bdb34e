/** TLS on both web servers. */
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { text } from 'node:stream/consumers';
import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { selfSigned } from '../../support/certificate.ts';
import { implementations, open } from './support/transports.ts';

describe.each(implementations)('TLS on %s', (_, uws) => {
  it('answers HTTP and WebSocket', async () => {
    const tls = await selfSigned();
    const { url } = await open(uws, {
      tls,
      http: async request => ({ status: 200, body: `${request.path} ${(await request.body()).length}` }),
      upgrade: () => ({
        open: socket => {
          socket.send('hello');
          return { message: frame => socket.send(frame), drained: () => {}, closed: () => {} };
        },
      }),
    });
    const [response] = (await once(get(`${url}/path`, { ca: tls.pem }), 'response')) as [IncomingMessage];
    expect([response.statusCode, await text(response)]).toEqual([200, '/path 0']);
    const client = new WebSocket(url.replace('https', 'wss'), { ca: tls.pem });
    const [hello] = (await once(client, 'message')) as [Buffer];
    client.send(Buffer.from([1, 2]));
    const [echo] = (await once(client, 'message')) as [Buffer];
    expect([hello.toString(), [...echo]]).toEqual(['hello', [1, 2]]);
    client.terminate();
  });

  it('says what is wrong with its files', async () => {
    const [tls, other] = [await selfSigned(), await selfSigned()];
    const missing = open(uws, { tls: { cert: tls.cert, key: '/no/such/key.pem' } });
    await expect(missing).rejects.toMatchObject({
      code: 'not-found',
      message: "/no/such/key.pem can't be read (ENOENT)",
    });
    const mismatched = open(uws, { tls: { cert: tls.cert, key: other.key } });
    await expect(mismatched).rejects.toMatchObject({
      code: 'invalid-input',
      message: expect.stringContaining('are no certificate and its key: '),
    });
    writeFileSync(tls.cert, readFileSync(tls.key));
    await expect(open(uws, { tls })).rejects.toMatchObject({ code: 'invalid-input' });
  });
});
