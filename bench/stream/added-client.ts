/**
 * One query after the other at a low rate, in a process of its own: how much longer the client waits than the stages
 * took. The server tells the stages' time with each answer. Prints one JSON object. Arguments: HOST PIPELINE QUERIES
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { encodeInferRequest, readFrame, tensor, writeFrame } from '../../operators/index.ts';
import { percentileOf } from '../../planner/index.ts';

const [host, pipeline, queries] = process.argv.slice(2) as [string, string, string];
/** Milliseconds between queries. */
const gap = 20;
const warmUp = 50;

const socket = new WebSocket(`ws://${host}/v2/models/${pipeline}/stream`, 'millrace.v1', {
  perMessageDeflate: false,
});
await new Promise((resolve, reject) => {
  socket.once('message', resolve);
  socket.once('error', reject);
});
const pixels = { name: 'pixels', tensor: tensor('UINT8', [28, 28], new Uint8Array(784).fill(100)) };
const frame = writeFrame(
  encodeInferRequest({ id: 'q', parameters: { timing: true }, inputs: [pixels] }, () => true),
);
const added: number[] = [];
for (let query = 0; query < Number(queries) + warmUp; query++) {
  await sleep(gap);
  const sent = performance.now();
  socket.send(frame);
  const [data, isBinary] = await new Promise<[Buffer, boolean]>(resolve =>
    socket.once('message', (data: Buffer, isBinary) => resolve([data, isBinary])),
  );
  const latency = performance.now() - sent;
  const { parameters } = JSON.parse(isBinary ? readFrame(data).json : data.toString()) as {
    parameters: { service_us: number };
  };
  if (query >= warmUp) added.push(latency - parameters.service_us / 1000);
}
socket.terminate();
added.sort((a, b) => a - b);
process.stdout.write(JSON.stringify({ p50: percentileOf(added, 50), p99: percentileOf(added, 99) }));
