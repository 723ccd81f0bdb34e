/** Both web servers, to be held to the same. */
import { once } from 'node:events';
import { connect, type Socket as TcpSocket } from 'node:net';
import { afterEach } from 'vitest';
import { defaultServerLimits } from '../../../../engine/server/limits.ts';
import type {
  HttpHandler,
  Transport,
  TransportOptions,
  Upgrade,
} from '../../../../engine/server/transport.ts';
import { openTransport } from '../../../../engine/server/transport/open-transport.ts';
import { loadUws, type Uws } from '../../../../engine/server/transport/uws.ts';

const native = loadUws();

/** By name; what has no native build here is left out. */
export const implementations: [string, Uws | null][] = [
  ...(native ? [['uWebSockets.js', native] as [string, Uws]] : []),
  ['node:http and ws', null],
];

const running: Transport[] = [];
const clients: TcpSocket[] = [];

afterEach(() => {
  for (const client of clients.splice(0)) client.destroy();
  for (const transport of running.splice(0)) transport.close();
});

export interface Opened {
  transport: Transport;
  port: number;
  url: string;
}

interface Settings extends Omit<Partial<TransportOptions>, 'limits'> {
  limits?: Partial<TransportOptions['limits']>;
  host?: string;
  port?: number;
}

const noStream = (): Upgrade => ({ refusal: { status: 404, body: 'no stream' } });
const noRoute: HttpHandler = () => ({ status: 404, body: 'no route' });

/** Opens one, on a free port unless told otherwise, until the test is over. */
export async function open(
  uws: Uws | null,
  { limits, host = '127.0.0.1', port: wanted = 0, ...settings }: Settings,
): Promise<Opened> {
  const transport = openTransport(
    { http: noRoute, upgrade: noStream, ...settings, limits: { ...defaultServerLimits, ...limits } },
    uws,
  );
  running.push(transport);
  const port = await transport.listen(host, wanted);
  return { transport, port, url: `${settings.tls ? 'https' : 'http'}://127.0.0.1:${port}` };
}

/** A bare connection, until the test is over; what comes on it is kept. */
export class RawClient {
  readonly socket: TcpSocket;
  readonly #ended: Promise<unknown>;
  #chunks: Buffer[] = [];

  private constructor(socket: TcpSocket) {
    this.socket = socket;
    this.#ended = new Promise(resolve => socket.once('close', resolve));
    // A reset is one way to be dropped.
    socket.on('error', () => {});
    socket.on('data', chunk => this.#chunks.push(chunk));
  }

  static async connect(port: number): Promise<RawClient> {
    const socket = connect(port, '127.0.0.1');
    clients.push(socket);
    await once(socket, 'connect');
    return new RawClient(socket);
  }

  get received(): string {
    return Buffer.concat(this.#chunks).toString('latin1');
  }

  write(data: string | Uint8Array): void {
    this.socket.write(data);
  }

  /** Waits until what came so far fits. */
  async until(pattern: RegExp): Promise<string> {
    while (!pattern.test(this.received)) await once(this.socket, 'data');
    return this.received;
  }

  /** Waits until the server ends the connection. */
  async end(): Promise<string> {
    await this.#ended;
    return this.received;
  }
}
