/** What does serving cost? The same payloads to our server and to a bare one, the clients in processes of their own. */
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectFile, type Bench, type Table } from '../bench.ts';
import { interleave, median, ratios } from '../measure.ts';
import { figure, showProgress, summary } from '../report.ts';
import { highestRate } from './highest-rate.ts';
import { load, runClient, ServerProcess } from './processes.ts';
import { measureIdle, measureSpeech } from './streams.ts';

const pipeline = 'fashion-linear';
const linear = [
  projectFile('bench/stream/fashion-linear.yaml'),
  '--plan',
  projectFile('bench/stream/fashion-linear.plan.yaml'),
  '--max-queries',
  '4000',
  // What comes too late is counted by the client: nothing is to be refused for it here.
  '--deadline-factor',
  'off',
];

/** The picture that every query is about, in a file as the load generator reads it. */
function writePicture(): string {
  const path = join(tmpdir(), `millrace-bench-${process.pid}.raw`);
  writeFileSync(
    path,
    Uint8Array.from({ length: 784 }, (_, pixel) => (pixel * 7) % 256),
  );
  return `pixels=@${path}`;
}

async function loopDelay(server: ServerProcess): Promise<number> {
  const reply = await fetch(`http://${server.host}/v2/millrace/status`);
  const { server: facts } = (await reply.json()) as { server: { loopDelay: { p99: number } } };
  return facts.loopDelay.p99;
}

export const bench: Bench = async ({ quick }) => {
  const length = quick
    ? { rounds: 1, seconds: 1, steps: 1, queries: 50, streams: 50, talking: 5, speech: 3, idle: 200 }
    : { rounds: 3, seconds: 4, steps: 4, queries: 1000, streams: 2000, talking: 200, speech: 20, idle: 4000 };
  const input = writePicture();
  const bare = await ServerProcess.start(projectFile('dist/bench/stream/bare-server.js'));
  const server = await ServerProcess.serve(linear);
  const rate = (scheme: string, host: string, name: string, from: number) => {
    showProgress(`${scheme} ${name}…`);
    return highestRate({ url: `${scheme}://${host}/${name}`, input, from, ...length });
  };
  try {
    // The first queries of a worker are slow.
    await load(`ws://${server.host}/${pipeline}`, ['--rate', '2000', '--duration', '2 s', '--input', input]);
    const rates = await interleave(length.rounds, {
      ws: () => rate('ws', server.host, pipeline, 8000),
      wsBare: () => rate('ws', bare.host, 'bare', 16_000),
      http: () => rate('http', server.host, pipeline, 4000),
      httpBare: () => rate('http', bare.host, 'bare', 8000),
    });
    const held = median(rates.ws);
    showProgress('at 80 % of that…');
    const cpuBefore = server.cpu();
    const at = ['--rate', String(Math.round(0.8 * held)), '--duration', `${2 * length.seconds} s`];
    const busy = await load(`ws://${server.host}/${pipeline}`, [...at, '--input', input]);
    const cpuPerQuery = ((server.cpu() - cpuBefore) * 1000) / busy.sent;
    const delay = await loopDelay(server);
    showProgress('added…');
    const script = projectFile('dist/bench/stream/added-client.js');
    const added = await runClient<{ p50: number; p99: number }>(script, [
      server.host,
      pipeline,
      String(length.queries),
    ]);
    await server.stop();
    const idle = await ServerProcess.serve(linear);
    showProgress('idle connections…');
    const idleBytes = await measureIdle(idle, pipeline, length.idle);
    await idle.stop();
    showProgress('speech…');
    const speechServer = await ServerProcess.serve([
      projectFile('pipelines/speech'),
      '--plan',
      projectFile('bench/stream/speech.plan.yaml'),
    ]);
    const speech = await measureSpeech(speechServer, { ...length, seconds: length.speech });
    await speechServer.stop();
    const ratio = {
      ws: median(ratios(rates.ws, rates.wsBare)),
      http: median(ratios(rates.http, rates.httpBare)),
    };
    const rateTable: Table = {
      title: 'highest rate held, 784 bytes a query (queries/s)',
      headings: ['', 'median', 'spread'],
      rows: [
        ['WebSocket', ...summary(rates.ws, 0)],
        ['WebSocket, bare echo', ...summary(rates.wsBare, 0)],
        ['HTTP', ...summary(rates.http, 0)],
        ['HTTP, bare', ...summary(rates.httpBare, 0)],
      ],
    };
    return {
      figures: {
        ws_qps: figure(held),
        ws_bare_qps: figure(median(rates.wsBare)),
        ws_ratio: figure(ratio.ws),
        http_qps: figure(median(rates.http)),
        http_bare_qps: figure(median(rates.httpBare)),
        http_ratio: figure(ratio.http),
        server_cpu_us_per_query: figure(cpuPerQuery),
        added_ms: { p50: figure(added.p50), p99: figure(added.p99) },
        loop_delay_ms: { p99: figure(delay) },
        idle_connection_bytes: Math.round(idleBytes),
        speech,
      },
      tables: [rateTable],
    };
  } finally {
    await Promise.all([server.stop(), bare.stop()]);
  }
};
