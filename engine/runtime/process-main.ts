/** The process of one replica. It is told what to do over a socket, and ends when that is closed. */
import { Socket } from 'node:net';
import { inspect } from 'node:util';
import { Worker } from 'node:worker_threads';
import { MillraceError } from '../../operators/index.ts';
import { FrameChannel, type Frame } from './frames.ts';
import { GroupRunner } from './group-runner.ts';
import { itemError } from './item-error.ts';
import type { ItemError, Program, ReplicaSpec } from './message.ts';
import { giveWay } from './niceness.ts';
import { ReplicaMemory } from './replica-memory.ts';
import { sleepUntil } from './sleep.ts';
import { unpackBatch, writeResult } from './wire/wire.ts';
import { WireWriter } from './wire/writer.ts';

/** What the process is told. A batch's values are the body of the message. */
export type ProcessMessage =
  { kind: 'start'; spec: ReplicaSpec } | { kind: 'batch'; layout: number[]; extra: unknown };

/** What it says. A result's values are the body of the message. */
export type ProcessAnswer =
  | { kind: 'started'; error: ItemError | null }
  | { kind: 'result'; layout: number[]; extra: unknown }
  /** Why it is about to end. */
  | { kind: 'fault'; detail: string };

const channelDescriptor = 3;

const clock = { now: () => performance.now(), until: sleepUntil };
const memory = new ReplicaMemory(() => process.memoryUsage.rss());
const programs: Program[] = [];
let group: GroupRunner | null = null;
let isRunning = false;
/** Memory of the last result, which has been sent once the next batch comes. */
let lent: readonly SharedArrayBuffer[] = [];

giveWay();
// Who ends all of a service's processes means the parent, which has yet to be answered here.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
new Worker(new URL('./process-guard.js', import.meta.url)).unref();

const socket = new Socket({ fd: channelDescriptor, readable: true, writable: true });
const channel = FrameChannel.over(socket, {
  allocate: bytes => new ArrayBuffer(bytes),
  received: frame => void answer(frame),
});
const say = (told: ProcessAnswer, parts?: readonly Uint8Array[]) => channel.send(told, parts);

socket.on('error', () => process.exit(1));
socket.on('end', () => void end());
for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(event, (error: unknown) => {
    say({ kind: 'fault', detail: inspect(error) });
    socket.end(() => process.exit(1));
  });
}

async function answer({ head, body }: Frame): Promise<void> {
  const message = head as ProcessMessage;
  if (message.kind === 'start') {
    say({ kind: 'started', error: await start(message.spec) });
    return;
  }
  isRunning = true;
  const batch = unpackBatch([message.layout, body ?? 0, 0, message.extra], programs);
  const result = await group!.run({ ...batch, recycled: lent });
  isRunning = false;
  lent = result.blocks;
  const writer = new WireWriter(false);
  const extra = writeResult(writer, { ...result, blocks: [], memory: memory.report() });
  say({ kind: 'result', layout: writer.layout, extra }, writer.parts);
}

async function start(spec: ReplicaSpec): Promise<ItemError | null> {
  try {
    group = await GroupRunner.start(spec, clock);
    return null;
  } catch (error) {
    if (error instanceof MillraceError) return itemError(error);
    throw error;
  }
}

/** Nobody waits for what runs any more; what does not run is closed as its operator wants it. */
async function end(): Promise<void> {
  if (!isRunning) await group?.close();
  process.exit();
}
