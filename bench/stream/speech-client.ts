/**
 * Streams of speech, in a process of its own: all are opened, some of them talk in real time, a frame of 32 ms at a time,
 * and each frame's answer is timed from when it was due. Prints one JSON object.
 *
 * Arguments: HOST STREAMS TALKING SECONDS FILE.wav WARMUP, the seconds at the start that are not counted
 */
import { readFileSync } from 'node:fs';
import { WebSocket } from 'ws';
import { encodeInferRequest, bytes, readFrame, writeFrame } from '../../operators/index.ts';
import { percentileOf } from '../../planner/index.ts';

const [host, streams, talking, seconds, file, warmUp] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  string,
  string,
];
const frameTime = 32;
const frameBytes = 1024;
const header = 44;
const samples = readFileSync(file).subarray(header);
const idDigits = 8;

interface Stream {
  socket: WebSocket;
  /** When each frame in flight was due, by number. */
  due: Map<number, number>;
}

async function open(): Promise<Stream> {
  const socket = new WebSocket(`ws://${host}/v2/models/speech/stream`, 'millrace.v1', {
    perMessageDeflate: false,
  });
  await new Promise((resolve, reject) => {
    socket.once('message', resolve);
    socket.once('error', reject);
  });
  return { socket, due: new Map() };
}

function frameOf(number: number, start: boolean): Uint8Array {
  const at = (number * frameBytes) % (samples.length - frameBytes);
  const audio = bytes([samples.subarray(at, at + frameBytes)]);
  const parameters = { ...(start && { sequence_start: true }) };
  const id = String(number).padStart(idDigits, '0');
  return writeFrame(
    encodeInferRequest({ id, parameters, inputs: [{ name: 'audio', tensor: audio }] }, () => true),
  );
}

const all: Stream[] = [];
while (all.length < Number(streams)) {
  const count = Math.min(50, Number(streams) - all.length);
  all.push(...(await Promise.all(Array.from({ length: count }, open))));
}
const [uncounted, frames] = [Number(warmUp), Number(warmUp) + Number(seconds)].map(time =>
  Math.floor((time * 1000) / frameTime),
) as [number, number];
const latencies: number[] = [];
const failures = new Map<string, number>();
const speakers = all.slice(0, Number(talking));
for (const { socket, due } of speakers) {
  socket.on('message', (data: Buffer, isBinary) => {
    const { id, error } = JSON.parse(isBinary ? readFrame(data).json : data.toString()) as {
      id?: string;
      error?: { code: string; message: string };
    };
    const at = due.get(Number(id));
    due.delete(Number(id));
    if (Number(id) < uncounted) return;
    if (error) failures.set(error.code, (failures.get(error.code) ?? 0) + 1);
    else if (at !== undefined) latencies.push(performance.now() - at);
  });
}
const begin = performance.now() + 100;
let sent = 0;
await Promise.all(
  speakers.map(
    ({ socket, due }, speaker) =>
      new Promise<void>(resolve => {
        // Nobody begins to talk in step with another.
        const start = begin + (speaker * frameTime) / speakers.length;
        let frame = 0;
        const next = () => {
          while (frame < frames && start + frame * frameTime <= performance.now()) {
            due.set(frame, start + frame * frameTime);
            socket.send(frameOf(frame, frame === 0));
            if (frame >= uncounted) sent++;
            frame++;
          }
          if (frame === frames) resolve();
          else setTimeout(next, Math.max(1, start + frame * frameTime - performance.now()));
        };
        next();
      }),
  ),
);
const end = performance.now() + 5000;
while (speakers.some(({ due }) => due.size > 0) && performance.now() < end)
  await new Promise(resolve => setTimeout(resolve, 20));
for (const { socket } of all) socket.terminate();
// The first second is for the server to warm up.
const counted = latencies
  .slice(Math.floor(latencies.length / frames) * Math.ceil(1000 / frameTime))
  .sort((a, b) => a - b);
process.stdout.write(
  JSON.stringify({
    sent,
    answered: latencies.length,
    failures: Object.fromEntries(failures),
    p50: percentileOf(counted, 50),
    p99: percentileOf(counted, 99),
    max: counted.at(-1),
  }),
);
