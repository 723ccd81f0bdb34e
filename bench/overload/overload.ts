/**
 * What becomes of queries when more come than can be answered? Rates are multiples of the capacity found in the same
 * run: the highest open-loop rate of which 99 % are answered within the objective. Beside it a plain queue: first come,
 * first served, whatever has become of the time.
 */
import { projectFile, type Bench } from '../bench.ts';
import { median } from '../measure.ts';
import { figure, showProgress } from '../report.ts';
import { load, ServerProcess, type Load } from '../stream/processes.ts';

const multiples = [1, 2, 5] as const;
/** Share of the queries that must be within the objective at capacity. */
const needed = 0.99;

const pipeline = [
  projectFile('bench/overload/overload.yaml'),
  '--plan',
  projectFile('bench/overload/overload.plan.yaml'),
];

interface Policy {
  name: 'millrace' | 'fifo';
  args: readonly string[];
}

const policies: readonly Policy[] = [
  { name: 'millrace', args: [] },
  { name: 'fifo', args: ['--deadline-factor', 'off'] },
];

/** Open-loop load with gamma arrivals (CV 1) on a served pipeline. */
async function offer(server: ServerProcess, rate: number, seconds: number): Promise<Load> {
  const args = ['--rate', String(rate), '--duration', `${seconds} s`, '--warm-up', `${seconds / 5} s`];
  const more = ['--connections', '16', '--input', 'text=a query', '--slo', 'p99: 100 ms'];
  return load(`ws://${server.host}/overload`, [...args, ...more]);
}

/** The share of all queries that were answered within the objective. */
function within(result: Load): number {
  return Object.values(result.slo)[0]!.within;
}

async function capacityOf(server: ServerProcess, seconds: number, steps: number): Promise<number> {
  let [low, high] = [50, 100];
  while (within(await offer(server, high, seconds)) >= needed) [low, high] = [high, high * 2];
  for (let step = 0; step < steps; step++) {
    const middle = Math.round((low + high) / 2);
    if (within(await offer(server, middle, seconds)) >= needed) low = middle;
    else high = middle;
  }
  return low;
}

interface Row {
  multiple: number;
  /** Answers within the objective per second, as a share of the capacity. */
  goodput: number;
  /** Share of the answers. */
  withinSlo: number;
  /** Milliseconds, by the client's clock from the intended arrival. */
  refusal: { p99: number; slowest: number };
  /** Resident memory after over before. */
  memory: number;
}

async function measure(
  server: ServerProcess,
  capacity: number,
  multiple: number,
  seconds: number,
): Promise<Row> {
  const before = server.memory();
  const result = await offer(server, capacity * multiple, seconds);
  const good = within(result) * result.rate.offered;
  return {
    multiple,
    goodput: good / capacity,
    withinSlo: (within(result) * result.sent) / Math.max(1, result.answered),
    refusal: { p99: result.refusal.p99, slowest: result.refusal.max },
    memory: server.memory() / before,
  };
}

/** The middle of several rounds, figure by figure. */
function middleOf(rows: readonly Row[]): Row {
  const of = (pick: (row: Row) => number) => median(rows.map(pick));
  return {
    multiple: rows[0]!.multiple,
    goodput: of(({ goodput }) => goodput),
    withinSlo: of(({ withinSlo }) => withinSlo),
    refusal: { p99: of(({ refusal }) => refusal.p99), slowest: of(({ refusal }) => refusal.slowest) },
    memory: of(({ memory }) => memory),
  };
}

function figuresOf(rows: readonly Row[]): Record<string, unknown> {
  const [, twice, most] = rows as [Row, Row, Row];
  return {
    ...Object.fromEntries(rows.map(({ multiple, goodput }) => [`goodput_${multiple}x`, figure(goodput)])),
    within_slo: figure(most.withinSlo),
    refusal_ms: { p99: figure(most.refusal.p99) },
    slowest_refusal_ms: figure(most.refusal.slowest),
    memory_growth: figure(most.memory),
    at_2x: {
      within_slo: figure(twice.withinSlo),
      refusal_ms: { p99: figure(twice.refusal.p99) },
      slowest_refusal_ms: figure(twice.refusal.slowest),
    },
  };
}

export const bench: Bench = async ({ quick }) => {
  const length = quick ? { rounds: 1, seconds: 1, steps: 1 } : { rounds: 3, seconds: 5, steps: 4 };
  const rows: Record<Policy['name'], Row[]> = { millrace: [], fifo: [] };
  showProgress('capacity…');
  const first = await ServerProcess.serve([...pipeline, ...policies[0]!.args]);
  const capacity = await capacityOf(first, length.seconds, length.steps);
  await first.stop();
  for (let round = 0; round < length.rounds; round++) {
    for (const { name, args } of round % 2 === 0 ? policies : policies.toReversed()) {
      const server = await ServerProcess.serve([...pipeline, ...args]);
      try {
        for (const multiple of multiples) {
          showProgress(`round ${round + 1}: ${name} at ${multiple}×…`);
          rows[name].push(await measure(server, capacity, multiple, length.seconds));
        }
      } finally {
        await server.stop();
      }
    }
  }
  const middle = (name: Policy['name']) =>
    multiples.map(multiple => middleOf(rows[name].filter(row => row.multiple === multiple)));
  const results = policies.map(({ name }) => ({ name, rows: middle(name) }));
  return {
    figures: {
      capacity: figure(capacity),
      ...figuresOf(results[0]!.rows),
      fifo: figuresOf(results[1]!.rows),
    },
    tables: [
      {
        title: `overload, objective 100 ms, capacity ${Math.round(capacity)} queries/s`,
        headings: ['queue', 'offered', 'goodput', 'within the SLO', 'refusal p99', 'slowest', 'memory'],
        rows: results.flatMap(({ name, rows: of }) =>
          of.map(({ multiple, goodput, withinSlo, refusal, memory }) => [
            name,
            `${multiple}×`,
            goodput.toFixed(3),
            `${(100 * withinSlo).toFixed(2)} %`,
            `${refusal.p99.toFixed(1)} ms`,
            `${refusal.slowest.toFixed(1)} ms`,
            `${memory.toFixed(2)}×`,
          ]),
        ),
      },
    ],
  };
};
