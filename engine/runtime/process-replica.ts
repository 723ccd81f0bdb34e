/**
 * Replicas that are child processes: a crash in native code ends one of them and nothing else, and one that hangs can be
 * killed. Values are copied across, since processes share no memory.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { FrameChannel, type Frame } from './frames.ts';
import { errorOf } from './item-error.ts';
import type { Batch, BatchResult, Program, ReplicaSpec } from './message.ts';
import type { ProcessAnswer, ProcessMessage } from './process-main.ts';
import { ReplicaLost, type Replica, type ReplicaFactory } from './replica.ts';
import { SharedMemory } from './shared-memory.ts';
import { unpackResult, writeBatch } from './wire/wire.ts';
import { WireWriter } from './wire/writer.ts';

const script = fileURLToPath(new URL('./process-main.js', import.meta.url));

/** Milliseconds that one which is to end may take for it before it is killed. */
const patience = 5000;

/** Results up to this size are not worth shared memory: where they go to threads they are copied. */
const plainBytes = 64 * 1024;

/** A debugger's port can be had once. */
const execArgv = () => process.execArgv.filter(option => !option.startsWith('--inspect'));

class ReplicaProcess implements Replica {
  readonly gone: Promise<ReplicaLost>;
  readonly #child: ChildProcess;
  readonly #socket: Socket;
  readonly #channel: FrameChannel;
  /** What results are received in. */
  readonly #memory = new SharedMemory();
  readonly #known = new Map<Program, number>();
  #asked: { resolve: (frame: Frame) => void; reject: (lost: ReplicaLost) => void } | null = null;
  #lost: ReplicaLost | null = null;
  /** What it said of its end. */
  #fault = '';

  constructor() {
    this.#child = spawn(process.execPath, [...execArgv(), script], {
      // The last is never written to: that it closes tells the other side that this process is gone.
      stdio: ['ignore', 'inherit', 'inherit', 'pipe', 'pipe'],
      // What a terminal tells its processes means this one alone.
      detached: process.platform !== 'win32',
      windowsHide: true,
    });
    this.gone = this.#end();
    this.#socket = this.#child.stdio[3] as Socket;
    for (const stream of this.#child.stdio.slice(3)) {
      stream?.on('error', error => {
        this.#fault ||= error.message;
        this.kill();
      });
    }
    this.#channel = FrameChannel.over(this.#socket, {
      allocate: bytes => (bytes > plainBytes ? this.#memory.take(bytes) : new ArrayBuffer(bytes)),
      received: frame => this.#received(frame),
    });
  }

  /** @throws MillraceError if a stage can't be started */
  async start(spec: ReplicaSpec): Promise<void> {
    const { head } = await this.#ask({ kind: 'start', spec });
    const { error } = head as Extract<ProcessAnswer, { kind: 'started' }>;
    if (error) throw errorOf(error);
  }

  async run(batch: Batch): Promise<BatchResult> {
    this.#memory.recycle(batch.recycled);
    const writer = new WireWriter(false);
    const extra = writeBatch(writer, { ...batch, recycled: [] }, this.#known);
    const { head, body } = await this.#ask({ kind: 'batch', layout: writer.layout, extra }, writer.parts);
    try {
      const { layout, extra: errors } = head as Extract<ProcessAnswer, { kind: 'result' }>;
      return this.#shared(unpackResult([layout, body ?? 0, 0, errors]), body);
    } catch (error) {
      throw new ReplicaLost('a result that makes no sense', { cause: error });
    }
  }

  /** Lets it end its operators. */
  async retire(): Promise<void> {
    this.#socket.end();
    const timer = setTimeout(() => this.kill(), patience);
    await this.gone;
    clearTimeout(timer);
  }

  abandon(): void {
    this.kill();
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  async #end(): Promise<ReplicaLost> {
    let how: string;
    try {
      const [code, signal] = (await once(this.#child, 'close')) as [number | null, string | null];
      how = signal ? `signal ${signal}` : `exit code ${code}`;
    } catch (error) {
      how = 'it could not be started';
      this.#fault = (error as Error).message;
    }
    this.#lost = new ReplicaLost(how, this.#fault ? { cause: this.#fault } : {});
    this.#asked?.reject(this.#lost);
    return this.#lost;
  }

  #ask(message: ProcessMessage, parts: readonly Uint8Array[] = []): Promise<Frame> {
    return new Promise((resolve, reject) => {
      if (this.#lost) {
        reject(this.#lost);
        return;
      }
      this.#asked = { resolve, reject };
      this.#channel.send(message, parts);
    });
  }

  #received(frame: Frame): void {
    const answer = frame.head as ProcessAnswer;
    if (answer.kind === 'fault') {
      this.#fault = answer.detail;
      return;
    }
    const asked = this.#asked;
    this.#asked = null;
    asked?.resolve(frame);
  }

  /** A result whose body is in shared memory is on loan. */
  #shared(result: BatchResult, body: ArrayBufferLike | null): BatchResult {
    if (!(body instanceof SharedArrayBuffer)) return result;
    this.#memory.settle([body]);
    const items = result.items.map(item => ('error' in item ? item : { ...item, blocks: [0] }));
    return { ...result, items, blocks: [body] };
  }
}

export const processReplicas: ReplicaFactory = {
  async start(spec, signal): Promise<Replica> {
    const replica = new ReplicaProcess();
    const kill = () => replica.kill();
    signal?.addEventListener('abort', kill, { once: true });
    try {
      await replica.start(spec);
      return replica;
    } catch (error) {
      replica.kill();
      await replica.gone;
      throw error;
    } finally {
      signal?.removeEventListener('abort', kill);
    }
  },
};
