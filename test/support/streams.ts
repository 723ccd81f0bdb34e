/** Streams on an engine in virtual time, with sockets that only remember what they were given. */
import {
  decodeInferResponse,
  encodeInferRequest,
  float,
  parseJson,
  readFrame,
  text,
  textOf,
  writeFrame,
  type BytesTensor,
  type NamedTensor,
  type Parameters as Given,
  type RequestedOutput,
  type Tensor,
} from '../../operators/index.ts';
import type { BoundPipeline } from '../../pipelines/index.ts';
import type { Engine } from '../../engine/index.ts';
import { defaultServerLimits } from '../../engine/server/limits.ts';
import { Repository } from '../../engine/server/repository.ts';
import { Service } from '../../engine/server/service.ts';
import type { StreamLimits } from '../../engine/server/stream/hub.ts';
import { Streams, type StreamsOptions } from '../../engine/server/stream/streams.ts';
import type { Socket, SocketListener, Upgrade } from '../../engine/server/transport.ts';
import { headOf } from './served.ts';
import { startVirtual } from './virtual-engine.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** A frame that a client got. */
export interface Received {
  binary: boolean;
  fields: Record<string, unknown>;
  outputs: readonly NamedTensor[];
}

function read(frame: string | Uint8Array): Received {
  const { json, binary } =
    typeof frame === 'string' ? { json: frame, binary: new Uint8Array(0) } : readFrame(frame);
  const fields = parseJson(json) as Record<string, unknown>;
  const outputs = fields['outputs'] ? decodeInferResponse(fields, binary).outputs : [];
  return { binary: typeof frame !== 'string', fields, outputs };
}

class FakeSocket implements Socket {
  readonly peer = '127.0.0.1';
  buffered = 0;
  readonly frames: Received[] = [];
  end: { code: number; reason: string } | null = null;

  send(frame: string | Uint8Array): void {
    this.frames.push(read(frame));
  }

  sendAll(frames: readonly (string | Uint8Array)[]): void {
    for (const frame of frames) this.send(frame);
  }

  close(code: number, reason: string): void {
    this.end = { code, reason };
  }

  terminate(): void {
    this.end = { code: 1006, reason: '' };
  }
}

/** A client's end of a stream. */
export class Client {
  readonly socket = new FakeSocket();
  readonly #listener: SocketListener;

  constructor(upgrade: Upgrade) {
    if ('refusal' in upgrade) throw new Error('it was refused');
    this.#listener = upgrade.open(this.socket);
  }

  /** Frames so far, but for the hello. */
  get received(): Received[] {
    return this.socket.frames.slice(1);
  }

  send(message: object | string | Uint8Array): void {
    const isFrame = typeof message === 'string' || message instanceof Uint8Array;
    this.#listener.message(isFrame ? message : JSON.stringify(message));
  }

  /** Asks in a text frame, with one text or number for the pipeline's input. */
  ask(id: string | undefined, value: string | number, parameters: Given = {}): void {
    const datatype = typeof value === 'string' ? 'BYTES' : 'FP32';
    this.send({ id, parameters, inputs: [{ name: 'text', datatype, shape: [1], data: [value] }] });
  }

  /** Asks in a binary frame. */
  askBinary(
    id: string,
    value: string | number,
    outputs?: readonly RequestedOutput[],
    parameters: Given = {},
  ): void {
    const inputs = [{ name: 'text', tensor: typeof value === 'string' ? text(value) : float(value) }];
    const request = { id, parameters, inputs, ...(outputs && { outputs }) };
    this.send(writeFrame(encodeInferRequest(request, () => true)));
  }

  /** Lets it have read some. */
  drain(buffered: number): void {
    this.socket.buffered = buffered;
    this.#listener.drained();
  }

  close(): void {
    this.#listener.closed(1000);
  }
}

/** Id, and output `out` or the error's code, of each frame. */
export function outcomes(frames: readonly Received[]): unknown[] {
  return frames.map(({ fields, outputs }) => {
    const error = fields['error'] as { code: string } | undefined;
    return [fields['id'], error ? error.code : plain(outputs[0]?.tensor)];
  });
}

function plain(tensor: Tensor | undefined): unknown {
  if (!tensor) return undefined;
  return tensor.datatype === 'BYTES' ? textOf(tensor as BytesTensor) : Number(tensor.data[0]);
}

export interface Served {
  streams: Streams;
  service: Service;
  engine: Engine;
  clock: VirtualClock;
  /** Opens a stream. */
  open(query?: string): Client;
}

/** Serves a pipeline as `test`. */
export async function serveVirtual(
  pipeline: BoundPipeline,
  options: Parameters<typeof startVirtual>[1] = {},
  limits: Partial<StreamLimits> = {},
  rest: Pick<StreamsOptions, 'authorise'> = {},
): Promise<Served> {
  const { engine, clock } = await startVirtual(pipeline, options);
  const start = async () => ({ engine, plan: null });
  const service = new Service({ pipeline, version: '1', listeners: [], start });
  await service.load();
  const repository = new Repository();
  repository.add(service);
  const streams = new Streams({ repository, limits: { ...defaultServerLimits, ...limits }, ...rest });
  const open = (query = '') => new Client(streams.upgrade(headOf('GET', `/v2/models/test/stream?${query}`)));
  return { streams, service, engine, clock, open };
}
