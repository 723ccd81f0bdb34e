/**
 * Opens streams and says so, once more for every line on standard input; a process of its own, so that the server's
 * memory is the server's alone. Arguments: HOST PIPELINE STEP
 */
import { createInterface } from 'node:readline';
import { WebSocket } from 'ws';

const [host, pipeline, step] = process.argv.slice(2) as [string, string, string];
const sockets: WebSocket[] = [];

async function open(): Promise<void> {
  const socket = new WebSocket(`ws://${host}/v2/models/${pipeline}/stream`, 'millrace.v1', {
    perMessageDeflate: false,
  });
  sockets.push(socket);
  await new Promise((resolve, reject) => {
    socket.once('message', resolve);
    socket.once('error', reject);
  });
}

for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'end') break;
  for (let opened = 0; opened < Number(step); opened += 50) {
    await Promise.all(Array.from({ length: Math.min(50, Number(step) - opened) }, open));
  }
  process.stdout.write(`${sockets.length}\n`);
}
for (const socket of sockets) socket.terminate();
