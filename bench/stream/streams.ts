/** Many streams at once: speech in real time, and connections that only wait. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { projectFile } from '../bench.ts';
import { median } from '../measure.ts';
import { runClient, type ServerProcess } from './processes.ts';

export interface SpeechResult {
  sent: number;
  answered: number;
  failures: Readonly<Record<string, number>>;
  p50: number;
  p99: number;
  max: number;
}

/** Seconds of talk before it counts: code is compiled, and memory taken. */
const warmUp = 3;

/** Streams that are held open, some of which talk; latencies in milliseconds from when each frame was due. */
export function measureSpeech(
  { host }: ServerProcess,
  { streams, talking, seconds }: { streams: number; talking: number; seconds: number },
): Promise<SpeechResult> {
  const recording = projectFile('pipelines/speech/samples/two-sentences.wav');
  const script = projectFile('dist/bench/stream/speech-client.js');
  return runClient(script, [
    host,
    String(streams),
    String(talking),
    String(seconds),
    recording,
    String(warmUp),
  ]);
}

/** Milliseconds after which a server's memory is read, five times. */
const settle = 1000;

async function memoryOf(server: ServerProcess): Promise<number> {
  const readings: number[] = [];
  for (let reading = 0; reading < 5; reading++) {
    await sleep(settle / 5);
    readings.push(server.memory());
  }
  return median(readings);
}

/** Resident bytes that a server has more for each connection that was greeted and asks nothing. */
export async function measureIdle(server: ServerProcess, pipeline: string, count: number): Promise<number> {
  const script = projectFile('dist/bench/stream/idle-client.js');
  const child = spawn(process.execPath, [script, server.host, pipeline, String(count)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const before = await memoryOf(server);
  child.stdin.write('more\n');
  const { value } = (await lines.next()) as { value: string };
  if (Number(value) !== count) throw new Error(`only ${value} of ${count} connections were opened`);
  const after = await memoryOf(server);
  const ended = once(child, 'exit');
  child.stdin.end('end\n');
  await ended;
  return (after - before) / count;
}
