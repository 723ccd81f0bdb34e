import { formatDuration } from '../../operators/index.ts';
import { loadPlan, loadStructure } from '../../pipelines/index.ts';
import { deploy, drawSamples, makeSystem, percentileOf, type Sample } from '../../planner/index.ts';
import { calibrate } from '../rehearsal/calibrate.ts';
import { rehearse, type Rehearsal } from '../rehearsal/rehearse.ts';
import { asRehearsed, predict, summarise } from '../rehearsal/summary.ts';
import { countOption, say, textOption, UsageError, type Arguments, type Command } from './command.ts';
import { standardErrorLog } from './log.ts';
import { resolvePipeline } from './pipeline-path.ts';
import { plannerHelp, plannerOptions, readHardware, readSlo } from './planner-inputs.ts';
import { meets, printRehearsal } from './print-rehearsal.ts';
import { readProfiles } from './profile-files.ts';
import { Progress } from './progress.ts';
import { countedProfiles } from './recorded-counts.ts';
import { planWorkload, readWorkload } from './workload-options.ts';

/** Unless told otherwise: as many queries as this, or those that come within so many milliseconds. */
const usual = { queries: 500, time: 60_000 };

function shorten({ seed, arrivals }: Sample): Sample {
  const first = arrivals[0]!;
  const later = arrivals.findIndex(arrival => arrival - first > usual.time);
  return { seed, arrivals: arrivals.subarray(0, Math.min(usual.queries, later < 0 ? Infinity : later)) };
}

async function run(args: Arguments): Promise<number> {
  const [path, ...extra] = args.positionals;
  if (path === undefined || extra.length > 0) throw new UsageError('rehearse takes one pipeline');
  const planPath = textOption(args, 'plan');
  if (planPath === undefined) throw new UsageError('--plan FILE is missing');
  const json = args.values['json'] === true;
  const seeds = countOption(args, 'seeds', 1);
  const pipeline = await loadStructure(resolvePipeline(path));
  const plan = await loadPlan(planPath, pipeline);
  const workload = { ...(await readWorkload(args, plan, { pipeline: pipeline.name })), seeds };
  const slo = readSlo(args, plan.slo.length > 0 ? plan : pipeline);
  const { profiles, hardware } = await readProfiles(args, pipeline, await readHardware(args));
  const drawn = drawSamples(workload);
  const samples = textOption(args, 'queries') === undefined ? drawn.map(shorten) : drawn;
  const counted = countedProfiles(args, pipeline, workload, profiles);
  const given = makeSystem(pipeline, counted, hardware);
  // What is wrong with the plan shows now, and not after the calibration.
  deploy(given, plan.groups);

  const queries = samples.reduce((sum, { arrivals }) => sum + arrivals.length, 0);
  const progress = new Progress(queries, json ? 0 : 1);
  let engine;
  const rehearsals: Rehearsal[] = [];
  try {
    progress.note('measuring what the engine costs here');
    engine = await calibrate();
    for (const sample of samples) {
      const onProgress = () => progress.step();
      rehearsals.push(await rehearse(given, plan.groups, sample, { onProgress, log: standardErrorLog() }));
    }
  } finally {
    progress.clear();
  }
  const predicted = predict(asRehearsed(given, engine), plan.groups, samples, slo);
  const measured = summarise(rehearsals, slo);
  const late = Float64Array.from(rehearsals.flatMap(({ lateness }) => [...lateness])).sort();
  const lateness = { p50: percentileOf(late, 50), p99: percentileOf(late, 99) };
  if (json) {
    const played = { ...planWorkload(workload), queries: queries / seeds };
    process.stdout.write(`${JSON.stringify({ predicted, measured, lateness, engine, workload: played })}\n`);
  } else {
    const seconds = rehearsals.reduce((sum, { end }) => sum + end, 0);
    say(printRehearsal(predicted, measured, slo));
    say(
      `\n${queries} queries in ${formatDuration(seconds)}, sent ${formatDuration(lateness.p99)} late at p99`,
    );
    const { query, hop, wake } = engine;
    say(`the engine costs ${formatDuration(query)} a query and ${formatDuration(hop + wake)} a batch here`);
  }
  return meets(measured, slo) ? 0 : 1;
}

export const command: Command = {
  help: `millrace rehearse: run a plan with emulated stages, and compare it with what is predicted

Usage: millrace rehearse PIPELINE --plan FILE --profile FILE... [options]

Replays a workload, in real time, through the engine itself, where every stage takes as long as its profile says for the
hardware of its pool: neither that hardware, nor models, nor operators of your own are needed. The prediction is of the
very same queries, with what the engine costs on this machine, which is measured first.

  --plan FILE         what to rehearse
${plannerHelp}\
  --json              print { predicted, measured, lateness, engine, workload } on standard output, and nothing else

Unless --queries is given, these are the first 500, or those that come within a minute; --seeds is 1 unless given.
Emulated replicas don't slow each other: hosts, whose cores replicas share, are left out of the prediction. A machine
that is busy with something else slows the rehearsal; queries that are sent late tell.

Exit status: 0 the objective is met, as measured; 1 it is missed, or a file has mistakes; 2 misuse or failure.
`,
  options: {
    ...plannerOptions,
    plan: { type: 'string' },
    json: { type: 'boolean' },
  },
  run,
};
