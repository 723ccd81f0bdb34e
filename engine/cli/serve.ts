import { formatDuration } from '../../operators/index.ts';
import { loadPipeline, type BoundPipeline } from '../../pipelines/index.ts';
import type { Repository } from '../server/repository.ts';
import type { Server } from '../server/server.ts';
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
import { serverLog } from './log.ts';
import { IdleMeasuring } from './machine/idle-measuring.ts';
import { resolvePipeline } from './pipeline-path.ts';
import { accessHelp, accessOptions, readAccess } from './serve/access.ts';
import { assemble } from './serve/assemble.ts';
import { deadlineHelp, deadlineOf, deadlineOptions, readDeadlineFactor } from './serve/deadlines.ts';
import { limitHelp, limitOptions, readEngineLimits, readServerLimits } from './serve/limits.ts';
import { observeHelp, observeOptions, readObserving } from './serve/observing.ts';
import { planHelp, planOptions, readPlans, type Planned } from './serve/plans.ts';
import { commandsToTry } from './serve/welcome.ts';

const defaultDrain = 30_000;
/** Milliseconds that an unmeasured machine may be measured for, at each start. */
const defaultBudget = 60_000;

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

function announce(
  server: Server,
  pipelines: readonly BoundPipeline[],
  plans: readonly Planned[],
  factor: number | null,
): void {
  say(`dashboard and API on ${server.url} (${server.implementation})`);
  for (const [index, pipeline] of pipelines.entries()) {
    const { deadline } = deadlineOf(pipeline, factor);
    const time = deadline === undefined ? '' : `; a query has ${formatDuration(deadline)}`;
    say(`  ${pipeline.name}: plan ${plans[index]!.words}${time}`);
  }
  say('\ntry:');
  for (const command of commandsToTry(server.url, pipelines)) say(`  ${command}`);
}

/** Measures the machine while nothing is to be answered, for what was not measured yet. */
function measureWhenIdle(
  args: Arguments,
  pipelines: readonly string[],
  repository: Repository,
): IdleMeasuring | null {
  const budget = durationOption(args, 'profile-budget', defaultBudget);
  if (pipelines.length === 0 || budget === 0) return null;
  const isIdle = () => repository.all().every(({ engine }) => engine?.status().queries === 0);
  return new IdleMeasuring({ pipelines, budget, isIdle, tell: say });
}

async function serve(args: Arguments): Promise<number> {
  if (args.positionals.length === 0) throw new UsageError('serve takes at least one pipeline');
  const json = args.values['json'] === true;
  const [limits, engineLimits] = [readServerLimits(args), readEngineLimits(args)];
  const deadlineFactor = readDeadlineFactor(args);
  const drain = durationOption(args, 'drain', defaultDrain);
  const [tls, port, host] = [tlsFiles(args), portOption(args), textOption(args, 'host') ?? '127.0.0.1'];
  const { level, trace } = readObserving(args);
  const log = serverLog(level);
  const pipelines = await Promise.all(args.positionals.map(path => loadPipeline(resolvePipeline(path))));
  const names = pipelines.map(({ name }) => name);
  const access = await readAccess(args, host, names);
  const { planned, unmeasured } = await readPlans(args, pipelines);
  const { server, repository, load, close } = await assemble({
    pipelines,
    planned,
    access,
    limits,
    engineLimits,
    deadlineFactor,
    tls,
    host,
    port,
    trace,
    log,
  });
  const asked = endAsked();
  let measuring: IdleMeasuring | null = null;
  try {
    await load();
    if (json) {
      const line = { listening: server.url, implementation: server.implementation, pipelines: names };
      process.stdout.write(`${JSON.stringify(line)}\n`);
    } else announce(server, pipelines, planned, deadlineFactor);
    measuring = measureWhenIdle(args, unmeasured, repository);
    await asked;
    if (!json) say('ending: what was accepted is answered');
  } finally {
    await Promise.all([measuring?.close(), close(drain)]);
  }
  return 0;
}

export const command: Command = {
  help: `millrace serve: answer queries over HTTP and WebSocket

Usage: millrace serve PIPELINE... [options]

Speaks the Open Inference Protocol (version 2), TensorFlow Serving's REST API and TorchServe's inference API; what is
served is described at /openapi.json. What it accepted is answered before it ends (SIGINT, SIGTERM).

  --host ADDRESS          address to listen on (default 127.0.0.1: this machine alone)
  --port N                port to listen on; 0: any that is free (default 8000)
  --tls-cert FILE         certificate, and --tls-key FILE its key, both PEM: answers by TLS
  --drain T               time for what was accepted, at the end (default "30 s")
  --json                  print {"listening": URL, …} on one line of standard output once ready, and nothing else
${accessHelp}${planHelp}${deadlineHelp}
${observeHelp}
Limits; what is over one is refused at once, with a reason:
${limitHelp}
HTTP time-outs are fixed: a connection is dropped on which for 10 s no request came, less than 160 kB of a body came,
or nothing of a reply was taken. There is none while a request is being answered. A head may have 4 kB.

Exit status: 0 it was asked to end; 1 a pipeline is invalid; 2 misuse or failure.
`,
  options: {
    ...planOptions,
    ...deadlineOptions,
    ...accessOptions,
    ...limitOptions,
    ...observeOptions,
    host: { type: 'string' },
    port: { type: 'string' },
    'tls-cert': { type: 'string' },
    'tls-key': { type: 'string' },
    drain: { type: 'string' },
    json: { type: 'boolean' },
  },
  run: serve,
};
