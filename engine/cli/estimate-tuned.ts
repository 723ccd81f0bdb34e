/** `estimate --tuner`: what the tuner would make of a plan, in virtual time. */
import { formatDuration } from '../../operators/index.ts';
import type { Objective } from '../../pipelines/index.ts';
import {
  countedSearch,
  drawSamples,
  estimateTuned,
  formatCost,
  formatLatency,
  formatShare,
  formatWorkload,
  tunerLimits,
  type SimulatedDecision,
  type TunedEstimate,
} from '../../planner/index.ts';
import { durationOption, say, UsageError, type Arguments, type Command } from './command.ts';
import type { NamedPlan, Planning } from './planning.ts';
import { Progress } from './progress.ts';
import { deadlineOf, readDeadlineFactor } from './serve/deadlines.ts';
import { lackOfPrices } from './serve/tuning.ts';
import { table } from './table.ts';
import { readWorkload } from './workload-options.ts';

/** Milliseconds that a replica takes to start, unless told otherwise. */
const usualStart = 1000;

export const tunedOptions = {
  tuner: { type: 'boolean' },
  replan: { type: 'boolean' },
  'start-up': { type: 'string' },
  'deadline-factor': { type: 'string' },
} as const satisfies Command['options'];

export const tunedHelp = `\
  --tuner             what becomes of the workload where the tuner of \`millrace serve\` changes the plan's replicas:
                      its decisions, latency, misses and mean cost. The plan names the workload that it was made for;
                      --rate, --cv or --trace say what comes instead
  --replan            that of \`serve --tuner replan\`, which plans anew too: a search takes 10 s of the workload's
                      time, and finds the same on any machine. It takes prices in --hardware
  --start-up T        time that a replica takes to start (default "1 s")
  --deadline-factor F queries are given up after the highest objective times this (default 1; "off": never)
`;

const alone = ['replan', 'start-up', 'deadline-factor'] as const;
const others = ['report', 'compare'] as const;

/** @throws UsageError if options are given that go with `--tuner` alone, or that don't go with it */
export function isTuned(args: Arguments): boolean {
  const tuned = args.values['tuner'] === true;
  for (const option of tuned ? others : alone) {
    if (args.values[option] === undefined) continue;
    throw new UsageError(tuned ? `--tuner goes without --${option}` : `--${option} goes with --tuner`);
  }
  return tuned;
}

/** @returns the exit status */
export async function runTuned(args: Arguments, planning: Planning, plan: NamedPlan): Promise<number> {
  const json = args.values['json'] === true;
  const startUp = durationOption(args, 'start-up', usualStart);
  const { system, profiles, workload, samples, slo } = planning;
  const deadline = deadlineOf({ slo }, readDeadlineFactor(args));
  if (plan.plan.workload === undefined) {
    throw new UsageError(
      `--tuner compares what arrives with what the plan was made for, and ${plan.path} names no workload`,
    );
  }
  const mode = args.values['replan'] === true ? 'replan' : 'scale';
  const lack = mode === 'replan' ? lackOfPrices(system) : undefined;
  if (lack !== undefined) throw new UsageError(`--replan: ${lack}`);
  const planned = drawSamples(await readWorkload({ positionals: [], values: {} }, plan.plan));
  const estimate = estimateTuned({ system, profiles, plan: { ...plan.plan, slo }, planned }, samples, {
    mode,
    startUp,
    most: tunerLimits.replicas,
    ...deadline,
    search: searchShown(json),
  });
  if (json) {
    const { predicted, misses, cost, decisions } = estimate;
    const figures = { ...predicted, ...(cost !== undefined && { cost }) };
    process.stdout.write(`${JSON.stringify({ predicted: figures, misses, decisions })}\n`);
  } else {
    say(`${system.pipeline.name}, tuned: ${formatWorkload(workload)}`);
    say(`\n${decisionsOf(estimate)}`);
    say(`\n${latenciesOf(estimate, slo)}`);
    if (estimate.cost !== undefined) say(`\n${formatCost(estimate.cost)} on average`);
  }
  return estimate.misses.every(({ percentile, share }) => share <= 1 - percentile / 100) ? 0 : 1;
}

/** Says on a terminal what takes long. */
function searchShown(quiet: boolean): ReturnType<typeof countedSearch> {
  const progress = new Progress(1, quiet ? 0 : 1);
  const search = countedSearch();
  return order => {
    progress.note(`planning anew for ${order.workload.rate} queries/s`);
    const answer = search(order);
    progress.clear();
    return answer;
  };
}

const line = ({ at, kind, reason }: SimulatedDecision): string =>
  `  ${formatDuration(at).padStart(9)}  ${kind.padEnd(6)}  ${reason}`;

/** Those of the first seed; the others' are alike. */
function decisionsOf({ decisions }: TunedEstimate): string {
  const [first = []] = decisions;
  if (first.length === 0) return 'the tuner changes nothing';
  const of = decisions.length > 1 ? `, of the first of ${decisions.length} seeds` : '';
  return [`decisions${of}:`, ...first.map(line)].join('\n');
}

function latenciesOf({ predicted, misses }: TunedEstimate, slo: readonly Objective[]): string {
  const rows = Object.entries(predicted).map(([name, time]) => {
    const objective = slo.find(({ percentile }) => `p${percentile}` === name);
    const missed = misses.find(({ percentile }) => `p${percentile}` === name);
    return [
      name,
      formatLatency(time),
      objective ? `≤ ${formatDuration(objective.limit)}` : '',
      missed ? formatShare(missed.share) : '',
    ];
  });
  return table(['latency', 'predicted', 'SLO', 'missed by'], rows);
}
