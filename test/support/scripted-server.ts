/** A server of streams that says only what a test tells it to. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';
import {
  decodeInferRequest,
  encodeInferResponse,
  parseJson,
  readFrame,
  text,
  textOf,
  writeFrame,
  type BytesTensor,
  type Parameters,
} from '../../operators/index.ts';

/** What comes, kept until someone asks for it. */
class Queue<T> {
  readonly #values: T[] = [];
  readonly #waiting: ((value: T) => void)[] = [];

  get size(): number {
    return this.#values.length;
  }

  push(value: T): void {
    const resolve = this.#waiting.shift();
    if (resolve) resolve(value);
    else this.#values.push(value);
  }

  next(): Promise<T> {
    const value = this.#values.shift();
    return value === undefined ? new Promise(resolve => this.#waiting.push(resolve)) : Promise.resolve(value);
  }
}

/** A message of the client: a query with its one text, or a cancellation. */
export interface Message {
  id: string;
  /** Text of the input `text`; undefined: it cancels. */
  text?: string;
  parameters: Parameters;
  outputs?: readonly string[];
}

function messageOf(data: Buffer, isBinary: boolean): Message {
  if (!isBinary)
    return { id: String((parseJson(data.toString()) as { cancel: string }).cancel), parameters: {} };
  const { json, binary } = readFrame(data);
  const { id, inputs, parameters, outputs } = decodeInferRequest(parseJson(json), binary);
  const value = textOf(inputs[0]!.tensor as BytesTensor);
  return { id: id!, text: value, parameters, ...(outputs && { outputs: outputs.map(({ name }) => name) }) };
}

/** One connection, as the server has it. */
export class ServerEnd {
  readonly messages = new Queue<Message>();
  readonly closed: Promise<number>;
  readonly #socket: WebSocket;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data: Buffer, isBinary) => this.messages.push(messageOf(data, isBinary)));
    this.closed = new Promise(resolve => socket.on('close', code => resolve(code)));
  }

  /** The next message. */
  next(): Promise<Message> {
    return this.messages.next();
  }

  send(message: object | string): void {
    this.#socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  /** Answers a query with a text, in bytes. */
  answer(id: string, value: string, parameters: Parameters = {}): void {
    const outputs = [{ name: 'out', tensor: text(value) }];
    const response = { model_name: 'test', model_version: '1', id, parameters, outputs };
    this.#socket.send(writeFrame(encodeInferResponse(response, () => true)));
  }

  fail(id: string, code: string, message = code): void {
    this.send({ id, error: { code, message } });
  }

  close(code: number): void {
    this.#socket.close(code);
  }

  terminate(): void {
    this.#socket.terminate();
  }
}

export class ScriptedServer {
  readonly #server: WebSocketServer;
  readonly #connections = new Queue<ServerEnd>();
  /** What clients asked for, by path and subprotocols. */
  readonly handshakes: { path: string; protocols: string }[] = [];

  private constructor(server: WebSocketServer, hello: object | null) {
    this.#server = server;
    server.on('connection', (socket, { url, headers }) => {
      this.handshakes.push({ path: url!, protocols: headers['sec-websocket-protocol'] ?? '' });
      const end = new ServerEnd(socket);
      if (hello) end.send({ hello });
      this.#connections.push(end);
    });
  }

  /** @param hello more of it than every server says; null: none is said */
  static async start(hello: object | null = {}, port = 0): Promise<ScriptedServer> {
    const server = new WebSocketServer({ host: '127.0.0.1', port, handleProtocols: () => 'millrace.v1' });
    await once(server, 'listening');
    const whole = { pipeline: 'test', version: '1', window: 2, max_message: 1000, ...hello };
    return new ScriptedServer(server, hello && whole);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}`;
  }

  /** The next connection that a client opens. */
  connection(): Promise<ServerEnd> {
    return this.#connections.next();
  }

  /** Connections that nobody asked for yet. */
  get unasked(): number {
    return this.#connections.size;
  }

  close(): void {
    for (const socket of this.#server.clients) socket.terminate();
    this.#server.close();
  }
}
