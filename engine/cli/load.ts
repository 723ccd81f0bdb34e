import { parseDuration } from '../../operators/index.ts';
import { gammaArrivals, type RecordedQuery } from '../../planner/index.ts';
import { generateLoad } from '../load/load.ts';
import { recordedInputs, recordedQueries } from '../load/recorded-queries.ts';
import { parseAddress, type LoadQuery, type ServiceAddress } from '../load/target.ts';
import { countOption, say, textOption, UsageError, type Arguments, type Command } from './command.ts';
import { askServer, type ServedPipeline } from './load-target.ts';
import { readSlo } from './planner-inputs.ts';
import { printLoad, progressLine } from './print-load.ts';
import { readQueries } from './query-inputs.ts';
import { readWorkload, traceHelp, workloadOptions } from './workload-options.ts';

const usual = { duration: '10 s', connections: 16, patience: 30_000 };
/** Arrivals of one load: what fits into memory several times over. */
const mostArrivals = 50_000_000;

function durationOption(args: Arguments, name: string, fallback: string): number {
  const text = textOption(args, name) ?? fallback;
  const duration = parseDuration(text);
  if (duration !== null && duration >= 0) return duration;
  throw new UsageError(`--${name} takes a duration such as "10 s", not "${text}"`);
}

function addressOf(args: Arguments): ServiceAddress {
  const [url, ...extra] = args.positionals;
  if (url === undefined || extra.length > 0) throw new UsageError('load takes one URL');
  const address = parseAddress(url);
  if (address) return address;
  throw new UsageError(
    `"${url}" names no pipeline: give ws://HOST:PORT/PIPELINE or http://HOST:PORT/PIPELINE`,
  );
}

interface Due {
  arrivals: Float64Array;
  /** What comes then, where the trace is a recording. */
  recorded?: readonly RecordedQuery[];
}

/** When queries are due: those of a trace, or as many of a gamma process as come in the time. */
async function readDue(args: Arguments, { pipeline }: ServiceAddress): Promise<Due> {
  if (textOption(args, 'duration') !== undefined && textOption(args, 'queries') !== undefined) {
    throw new UsageError('--duration and --queries exclude each other');
  }
  const inputs = args.values['input'] === undefined;
  const workload = await readWorkload(args, undefined, { pipeline, inputs });
  if (workload.kind === 'trace') {
    const end = textOption(args, 'duration') === undefined ? Infinity : durationOption(args, 'duration', '');
    const { arrivals, recording } = workload;
    const due = arrivals.filter(arrival => arrival - arrivals[0]! <= end);
    return { arrivals: due, ...(recording && { recorded: recording.queries }) };
  }
  const { rate, cv } = workload;
  const seed = countOption(args, 'seed', 1);
  if (textOption(args, 'queries') !== undefined)
    return { arrivals: gammaArrivals(rate, cv, workload.queries, seed) };
  const duration = durationOption(args, 'duration', usual.duration);
  const expected = Math.ceil((rate * duration) / 1000);
  if (expected > mostArrivals)
    throw new UsageError(`${expected} queries are more than can be sent in one load`);
  // Some more than are expected, so that the time is filled whatever is drawn.
  const spare = Math.ceil(8 * Math.max(1, cv) * Math.sqrt(expected)) + 10;
  const drawn = gammaArrivals(rate, cv, expected + spare, seed);
  return { arrivals: drawn.filter(arrival => arrival <= duration) };
}

/** What is asked: with the inputs given or, where none are, with those that the recording holds. */
async function readAsked(
  args: Arguments,
  served: ServedPipeline,
  recorded: readonly RecordedQuery[] | undefined,
): Promise<(query: number) => LoadQuery> {
  const given = args.values['input'] as string[] | undefined;
  const held = recorded && !given ? recordedInputs(recorded) : null;
  if (recorded && !given && !held) {
    const message =
      'the recording holds no inputs, as it would with --record-payloads: give --input NAME=VALUE';
    throw new UsageError(message);
  }
  const inputs = held ?? (await readQueries(served.inputs, given ?? [])).map(query => query.inputs);
  if (recorded) return recordedQueries(recorded, inputs);
  const queries = inputs.map((inputs): LoadQuery => ({ inputs, parameters: {} }));
  return query => queries[query % queries.length]!;
}

async function run(args: Arguments): Promise<number> {
  const address = addressOf(args);
  const key = process.env['MILLRACE_KEY'];
  const json = args.values['json'] === true;
  const { arrivals, recorded } = await readDue(args, address);
  if (arrivals.length === 0) throw new UsageError('no query is due in that time: raise --rate or --duration');
  const served = await askServer(address, key);
  const queryAt = await readAsked(args, served, recorded);
  const objectives = readSlo(args, { slo: served.slo });
  const warmUp = durationOption(args, 'warm-up', '0 s');
  const stop = new AbortController();
  const interrupt = () => stop.abort();
  process.once('SIGINT', interrupt);
  const shown = process.stderr.isTTY === true && !json;
  try {
    const result = await generateLoad({
      address,
      arrivals,
      queryAt,
      connections: countOption(args, 'connections', usual.connections),
      objectives,
      key,
      warmUp: arrivals.filter(arrival => arrival - arrivals[0]! < warmUp).length,
      patience: usual.patience,
      signal: stop.signal,
      ...(shown && { progress: now => process.stderr.write(`\r\u001b[K${progressLine(now)}`) }),
    });
    if (shown) process.stderr.write('\r\u001b[K');
    if (json) process.stdout.write(`${JSON.stringify(result)}\n`);
    else say(printLoad(result));
    const isFine = result.answered === result.sent && Object.values(result.slo).every(({ met }) => met);
    return isFine ? 0 : 1;
  } finally {
    process.off('SIGINT', interrupt);
  }
}

export const command: Command = {
  help: `millrace load: open-loop load on a served pipeline

Usage: millrace load URL --rate R --input NAME=VALUE [options]

URL is ws://HOST:PORT/PIPELINE for streams, http://HOST:PORT/PIPELINE for single requests; wss and https too, and the
whole paths that servers of the Open Inference Protocol have. Queries are sent when they are due, whatever became of those
before, and latencies count from then: a server that stalls makes all that was due meanwhile late.

  --rate R            queries per second, of a gamma process
  --cv C              coefficient of variation of its gaps (default 1: Poisson; 0: evenly spaced)
${traceHelp}  --duration T        how long (default "${usual.duration}"; of a trace all)
  --queries N         how many queries, instead of a duration
  --seed N            of the gamma process (default 1)
  --input NAME=VALUE  as of "millrace run"; @'*.png' sends the files in turn; of a recording with inputs (--record-payloads)
                      those, unless some are given
  --connections N     over which queries go in turn (default ${usual.connections})
  --slo "150 ms"      the latency objective, instead of the one that the server tells; "p95: 150 ms" for another
                      percentile than p99; may be given several times
  --warm-up T         time at the start whose queries don't count (default "0 s")
  --json              print the result on standard output, and nothing else

A key is taken from the environment: MILLRACE_KEY. Ctrl-C ends the load and prints what there is.

Exit status: 0 every query was answered, and the objective is met; 1 it is not; 2 misuse, or no server.
`,
  options: {
    rate: workloadOptions.rate,
    cv: workloadOptions.cv,
    trace: workloadOptions.trace,
    queries: workloadOptions.queries,
    duration: { type: 'string' },
    seed: { type: 'string' },
    input: { type: 'string', multiple: true },
    connections: { type: 'string' },
    slo: { type: 'string', multiple: true },
    'warm-up': { type: 'string' },
    json: { type: 'boolean' },
  },
  run,
};
