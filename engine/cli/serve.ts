import { loadPipeline, type BoundPipeline } from '../../pipelines/index.ts';
import { Engine } from '../index.ts';
import { clientRoute } from '../server/client-route.ts';
import { openInferenceRoutes } from '../server/open-inference/routes.ts';
import { Repository } from '../server/repository.ts';
import { Server } from '../server/server.ts';
import { Service } from '../server/service.ts';
import { Streams } from '../server/stream/streams.ts';
import type { TlsFiles } from '../server/transport.ts';
import {
  countOption,
  durationOption,
  say,
  textOption,
  UsageError,
  type Arguments,
  type Command,
} from './command.ts';
import { standardErrorLog } from './log.ts';
import { resolvePipeline } from './pipeline-path.ts';
import { limitHelp, limitOptions, readEngineLimits, readServerLimits } from './serve/limits.ts';
import { planHelp, planOptions, readPlans, type Planned } from './serve/plans.ts';
import { commandsToTry } from './serve/welcome.ts';
import { version } from './version.ts';

const defaultDrain = 30_000;

/** @throws UsageError if one of both files is missing */
function tlsFiles(args: Arguments): TlsFiles | undefined {
  const [cert, key] = [textOption(args, 'tls-cert'), textOption(args, 'tls-key')];
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined || key === undefined) throw new UsageError('--tls-cert and --tls-key go together');
  return { cert, key };
}

/** @throws UsageError */
function portOption(args: Arguments): number {
  const port = countOption(args, 'port', 8000, 0);
  if (port > 65_535) throw new UsageError(`--port takes 0 to 65535, not ${port}`);
  return port;
}

/** Resolves when someone asks for the end. Asked a second time, the process ends as if nobody listened. */
function endAsked(): Promise<void> {
  return new Promise(resolve => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
}

function announce(server: Server, pipelines: readonly BoundPipeline[], plans: readonly Planned[]): void {
  say(`listening on ${server.url} (${server.implementation})`);
  for (const [index, { name }] of pipelines.entries()) say(`  ${name}: plan ${plans[index]!.words}`);
  say('\ntry:');
  for (const command of commandsToTry(server.url, pipelines)) say(`  ${command}`);
}

async function serve(args: Arguments): Promise<number> {
  if (args.positionals.length === 0) throw new UsageError('serve takes at least one pipeline');
  const json = args.values['json'] === true;
  const [limits, engineLimits] = [readServerLimits(args), readEngineLimits(args)];
  const drain = durationOption(args, 'drain', defaultDrain);
  const [tls, port, host] = [tlsFiles(args), portOption(args), textOption(args, 'host') ?? '127.0.0.1'];
  const pipelines = await Promise.all(args.positionals.map(path => loadPipeline(resolvePipeline(path))));
  const plans = await readPlans(args, pipelines);
  const log = standardErrorLog();
  const repository = new Repository();
  for (const [index, pipeline] of pipelines.entries()) {
    const { deployment, plan } = plans[index]!;
    const start = async () => {
      const engine = await Engine.start(pipeline, { deployment, log, limits: engineLimits });
      return { engine, plan };
    };
    repository.add(new Service({ pipeline, version: '1', listeners: [], start }));
  }
  const streams = new Streams({ repository, limits });
  const routes = [clientRoute, ...openInferenceRoutes(repository, { limits, version: version() })];
  // Before the models are loaded: a port that can't be had is known at once, and readiness is told.
  const server = await Server.start({ repository, routes, streams, limits, tls, host, port, log });
  const asked = endAsked();
  try {
    await Promise.all(repository.all().map(service => service.load()));
    if (json) {
      const names = pipelines.map(({ name }) => name);
      const line = { listening: server.url, implementation: server.implementation, pipelines: names };
      process.stdout.write(`${JSON.stringify(line)}\n`);
    } else announce(server, pipelines, plans);
    await asked;
    if (!json) say('ending: what was accepted is answered');
  } finally {
    await server.close(drain);
  }
  return 0;
}

export const command: Command = {
  help: `millrace serve: answer queries over HTTP and WebSocket

Usage: millrace serve PIPELINE... [options]

Speaks the Open Inference Protocol, version 2. What it accepted is answered before it ends (SIGINT, SIGTERM).

  --host ADDRESS          address to listen on (default 127.0.0.1: this machine alone)
  --port N                port to listen on; 0: any that is free (default 8000)
  --tls-cert FILE         certificate, and --tls-key FILE its key, both PEM: answers by TLS
  --drain T               time for what was accepted, at the end (default "30 s")
  --json                  print {"listening": URL, …} on one line of standard output once ready, and nothing else
${planHelp}
Limits; what is over one is refused at once, with a reason:
${limitHelp}
HTTP time-outs are fixed: a connection is dropped on which for 10 s no request came, less than 160 kB of a body came,
or nothing of a reply was taken. There is none while a request is being answered. A head may have 4 kB.

Exit status: 0 it was asked to end; 1 a pipeline is invalid; 2 misuse or failure.
`,
  options: {
    ...planOptions,
    ...limitOptions,
    host: { type: 'string' },
    port: { type: 'string' },
    'tls-cert': { type: 'string' },
    'tls-key': { type: 'string' },
    drain: { type: 'string' },
    json: { type: 'boolean' },
  },
  run: serve,
};
