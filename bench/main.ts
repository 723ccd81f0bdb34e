/** `npm run bench -- NAME [--json] [--quick]`: answers one question with figures; without a name, lists them. */
import { parseArgs } from 'node:util';
import { eventLoopFirst } from '../engine/index.ts';
import { parseDuration } from '../operators/index.ts';
import type { Bench } from './bench.ts';
import { asText, showProgress } from './report.ts';

interface Entry {
  about: string;
  load: () => Promise<{ bench: Bench }>;
}

const benches: Readonly<Record<string, Entry>> = {
  overhead: {
    about: 'What does the engine cost beside a bare thread and a bare session loop? (5 min)',
    load: () => import('./overhead/overhead.ts'),
  },
  ocr: {
    about: 'How fast and how well does the OCR pipeline read, beside @gutenye/ocr-node? (4 min)',
    load: () => import('./ocr/ocr.ts'),
  },
  estimator: {
    about: 'Are predictions what the engine then does, and how fast are they made? (20 min)',
    load: () => import('./estimator/estimator.ts'),
  },
  planner: {
    about: 'How cheap are plans beside the baselines’, and how soon are they proved? (15 min)',
    load: () => import('./planner/planner.ts'),
  },
  stream: {
    about: 'What does serving cost beside a bare server, and how many streams does it hold? (8 min)',
    load: () => import('./stream/stream.ts'),
  },
  overload: {
    about: 'What becomes of queries when more come than can be answered, beside a plain queue? (3 min)',
    load: () => import('./overload/overload.ts'),
  },
  tuner: {
    about: 'What do replicas that follow the traffic miss and cost, beside static plans? (10 min)',
    load: () => import('./tuner/tuner.ts'),
  },
  faults: {
    about: 'What do changes of plan and killed workers cost, beside stopping and starting? (8 min)',
    load: () => import('./faults/faults.ts'),
  },
  soak: {
    about: 'Are the promises kept while all goes wrong at random? Fails if not (30 min)',
    load: () => import('./soak/soak.ts'),
  },
  memory: {
    about: 'Does memory grow over 2,000 OCR queries? (20 min)',
    load: () => import('./memory/memory.ts'),
  },
};

const help = `Usage: npm run bench -- NAME [--json] [--quick]

${Object.entries(benches)
  .map(([name, { about }]) => `  ${name.padEnd(10)} ${about}`)
  .join('\n')}

  --json     print one JSON object with the figures, and nothing else
  --duration T  how long the soak is, such as "2 min"
  --quick    a run of seconds, to see that the bench works; its figures mean nothing

Published data is not part of the project: MILLRACE_DATA says in which folder it is, and what needs it is skipped
without.
`;

/** Milliseconds; undefined where none are given, null for what is none. */
function durationOf(text: string | undefined): number | undefined | null {
  return text === undefined ? undefined : parseDuration(text);
}

async function main(): Promise<number> {
  const options = {
    json: { type: 'boolean' },
    quick: { type: 'boolean' },
    duration: { type: 'string' },
    help: { type: 'boolean' },
  } as const;
  let parsed;
  try {
    parsed = parseArgs({ options, allowPositionals: true });
  } catch (error) {
    process.stderr.write(`bench: ${(error as Error).message}\n\n${help}`);
    return 2;
  }
  const { values, positionals } = parsed;
  const [name, ...extra] = positionals;
  if (name === undefined || values.help) {
    process.stdout.write(help);
    return 0;
  }
  if (!Object.hasOwn(benches, name) || extra.length > 0) {
    process.stderr.write(`bench: there is no bench "${positionals.join(' ')}"\n\n${help}`);
    return 2;
  }
  const duration = durationOf(values.duration);
  if (duration === null) {
    process.stderr.write(`bench: --duration takes a time such as "2 min", not "${values.duration}"\n`);
    return 2;
  }
  const { bench } = await benches[name]!.load();
  // As `millrace` itself does.
  eventLoopFirst();
  const report = await bench({ quick: values.quick ?? false, duration });
  showProgress('');
  process.stdout.write(`${values.json ? JSON.stringify(report.figures) : asText(report)}\n`);
  return 0;
}

process.exitCode = await main().catch((error: unknown) => {
  process.stderr.write(`bench: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return 2;
});
