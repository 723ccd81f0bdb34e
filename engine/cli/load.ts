import { generateLoad, type LoadResult } from '../load/load.ts';
import { stress } from '../load/stress.ts';
import { parseAddress, type ServiceAddress } from '../load/target.ts';
import { countOption, say, textOption, UsageError, type Arguments, type Command } from './command.ts';
import { askServer } from './load-target.ts';
import { lengthOption, readAsked, readDue, usualDuration } from './load-queries.ts';
import { readSlo } from './planner-inputs.ts';
import { formatFactor, printLoad, printStress, progressLine } from './print-load.ts';
import { traceHelp, workloadOptions } from './workload-options.ts';

const usual = { connections: 16, patience: 30_000 };
/** Times as fast as the load itself that a stress test may go. */
const mostStress = 1000;

function addressOf(args: Arguments): ServiceAddress {
  const [url, ...extra] = args.positionals;
  if (url === undefined || extra.length > 0) throw new UsageError('load takes one URL');
  const address = parseAddress(url);
  if (address) return address;
  throw new UsageError(
    `"${url}" names no pipeline: give ws://HOST:PORT/PIPELINE or http://HOST:PORT/PIPELINE`,
  );
}

/** How many times as fast the load must be held; null: it is no stress test. */
function stressOption(args: Arguments): number | null {
  const text = textOption(args, 'stress');
  if (text === undefined) return null;
  const factor = Number(text);
  if (factor > 0 && factor <= mostStress) return factor;
  throw new UsageError(
    `--stress takes how many times as fast the load must be held, up to ${mostStress}, not "${text}"`,
  );
}

async function run(args: Arguments): Promise<number> {
  const address = addressOf(args);
  const key = process.env['MILLRACE_KEY'];
  const json = args.values['json'] === true;
  const most = stressOption(args);
  const { arrivals, recorded } = await readDue(args, address);
  if (arrivals.length === 0) throw new UsageError('no query is due in that time: raise --rate or --duration');
  const served = await askServer(address, key);
  const queryAt = await readAsked(args, served, recorded);
  const objectives = readSlo(args, { slo: served.slo });
  const warmUpTime = lengthOption(args, 'warm-up', '0 s');
  // The same queries, however fast they are sent.
  const warmUp = arrivals.filter(arrival => arrival - arrivals[0]! < warmUpTime).length;
  const stop = new AbortController();
  const interrupt = () => stop.abort();
  process.once('SIGINT', interrupt);
  const shown = process.stderr.isTTY === true && !json;
  const load = async (factor: number): Promise<LoadResult> => {
    const due = factor === 1 ? arrivals : arrivals.map(arrival => arrival / factor);
    const ahead = factor === 1 ? '' : `${formatFactor(factor)}: `;
    const result = await generateLoad({
      address,
      arrivals: due,
      queryAt,
      connections: countOption(args, 'connections', usual.connections),
      objectives,
      key,
      warmUp,
      patience: usual.patience,
      signal: stop.signal,
      ...(shown && {
        progress: now => process.stderr.write(`\r\u001b[K${ahead}${progressLine(now)}`),
      }),
    });
    if (shown) process.stderr.write('\r\u001b[K');
    return result;
  };
  const tell = (result: object, text: string) => {
    if (json) process.stdout.write(`${JSON.stringify(result)}\n`);
    else say(text);
  };
  try {
    if (most !== null) {
      const result = await stress(most, load, stop.signal);
      tell(result, printStress(result, most));
      return result.passed ? 0 : 1;
    }
    const result = await load(1);
    tell(result, printLoad(result));
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
${traceHelp}  --duration T        how long (default "${usualDuration}"; of a trace all)
  --queries N         how many queries, instead of a duration
  --seed N            of the gamma process (default 1)
  --input NAME=VALUE  as of "millrace run"; @'*.png' sends the files in turn; of a recording with inputs (--record-payloads)
                      those, unless some are given
  --connections N     over which queries go in turn (default ${usual.connections})
  --stress F          as a gate: the same queries faster and faster, up to F times as fast, until the objective is missed
  --slo "150 ms"      the latency objective, instead of the one that the server tells; "p95: 150 ms" for another
                      percentile than p99; may be given several times
  --warm-up T         time at the start whose queries don't count (default "0 s")
  --json              print the result on standard output, and nothing else

A key is taken from the environment: MILLRACE_KEY. Ctrl-C ends the load and prints what there is.

Exit status: 0 every query was answered, and the objective is met; with --stress 0 the objective is met up to F times as
fast; 1 it is not; 2 misuse, or no server.
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
    stress: { type: 'string' },
    'warm-up': { type: 'string' },
    json: { type: 'boolean' },
  },
  run,
};
