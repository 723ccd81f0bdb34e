/** Queries over WebSocket, in binary frames. */
import { WebSocket } from 'ws';
import {
  encodeInferRequest,
  errorTable,
  MillraceError,
  readFrame,
  writeFrame,
  type ErrorCode,
} from '../../operators/index.ts';
import { messages, urlOf, type LoadQuery, type Outcomes, type Target, type TargetOptions } from './target.ts';
import type { Failure } from './tally.ts';

/** Digits of an id, always as many, so that a frame made once serves every query. */
const idDigits = 12;

/** A frame, and where its id is. */
interface Template {
  frame: Uint8Array;
  idAt: number;
}

function templateOf({ inputs, parameters }: LoadQuery): Template {
  const named = Object.entries(inputs).map(([name, tensor]) => ({ name, tensor }));
  const id = '0'.repeat(idDigits);
  const frame = writeFrame(encodeInferRequest({ id, parameters, inputs: named }, () => true));
  // The id comes first: `{"id":"0000…`, after four bytes of length.
  return { frame, idAt: 4 + '{"id":"'.length };
}

interface Answer {
  id?: string;
  error?: { code?: string; message?: string };
  hello?: unknown;
  goaway?: unknown;
}

function failureOf({ code }: { code?: string }): Failure {
  return code !== undefined && Object.hasOwn(errorTable, code) ? (code as ErrorCode) : 'stage-failed';
}

class Connection {
  readonly #socket: WebSocket;
  readonly #outcomes: Outcomes;
  readonly #open = new Set<number>();

  private constructor(socket: WebSocket, outcomes: Outcomes) {
    this.#socket = socket;
    this.#outcomes = outcomes;
    socket.on('message', (data: Buffer, isBinary) => this.#read(data, isBinary));
    socket.on('close', () => this.#lose());
    socket.on('error', () => {});
  }

  /** @throws MillraceError `unavailable` if there is no greeting */
  static async open(url: string, key: string | undefined, outcomes: Outcomes): Promise<Connection> {
    const headers = key === undefined ? {} : { authorization: `Bearer ${key}` };
    const socket = new WebSocket(url, 'millrace.v1', { headers, perMessageDeflate: false });
    await new Promise<void>((resolve, reject) => {
      const refuse = (why: string) => reject(new MillraceError('unavailable', `${url}: ${why}`));
      socket.once('unexpected-response', (_, { statusCode }) => refuse(`answered ${statusCode}`));
      socket.once('error', ({ message }) => refuse(message));
      socket.once('close', code => refuse(`closed with ${code}`));
      // The first frame is the greeting.
      socket.once('message', () => resolve());
    });
    socket.removeAllListeners();
    return new Connection(socket, outcomes);
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  send(query: number, { frame, idAt }: Template): void {
    const id = String(query).padStart(idDigits, '0');
    for (let digit = 0; digit < idDigits; digit++) frame[idAt + digit] = id.charCodeAt(digit);
    this.#open.add(query);
    // It is copied while it is masked.
    this.#socket.send(frame);
  }

  async close(): Promise<void> {
    if (this.#socket.readyState === WebSocket.CLOSED) return;
    await new Promise<void>(resolve => {
      this.#socket.once('close', () => resolve());
      this.#socket.close(1000);
    });
  }

  #read(data: Buffer, isBinary: boolean): void {
    const { id, error } = JSON.parse(isBinary ? readFrame(data).json : data.toString()) as Answer;
    const query = Number(id);
    if (!this.#open.delete(query)) return;
    if (error) this.#outcomes.failed(query, failureOf(error), true);
    else this.#outcomes.answered(query);
  }

  #lose(): void {
    for (const query of this.#open) this.#outcomes.failed(query, 'no-answer', false);
    this.#open.clear();
  }
}

/** @throws MillraceError `unavailable` if a connection can't be opened */
export async function openStreamTarget(options: TargetOptions): Promise<Target> {
  const { address, queryAt, connections: count, key, outcomes } = options;
  const url = urlOf(address, 'ws', '/stream');
  const templates = messages(templateOf);
  const connections: Connection[] = [];
  for (let index = 0; index < count; index++) connections.push(await Connection.open(url, key, outcomes));
  return {
    send(query) {
      const connection = connections[query % count]!;
      if (connection.isOpen) connection.send(query, templates(queryAt(query)));
      else outcomes.failed(query, 'not-sent', false);
    },
    async close() {
      await Promise.all(connections.map(connection => connection.close()));
    },
  };
}
