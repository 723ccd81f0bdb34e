import { parse } from 'yaml';
import { formatDuration } from '../../operators/index.ts';
import { writePlan, type Plan } from '../../pipelines/index.ts';
import { formatRate, searchPlan, tellSearch, type FoundPlan, type NoPlan } from '../../planner/index.ts';
import { say, textOption, UsageError, type Arguments, type Command } from './command.ts';
import { fitHelp, runFit } from './fit.ts';
import { nextCommand } from './next-command.ts';
import { withOutFiles } from './out-files.ts';
import { plannerHelp, plannerOptions } from './planner-inputs.ts';
import { estimateNamed, readPlanning, type Planning } from './planning.ts';
import { printComparison, printEstimate } from './print-estimate.ts';
import { writeReport } from './report-file.ts';
import { readSearchOptions, searchHelp, searchOptions } from './search-options.ts';
import { SearchLine } from './search-progress.ts';
import { planWorkload } from './workload-options.ts';

/** The plan as its file has it. */
function planOf({ system, workload, slo }: Planning, { groups, estimate, search }: FoundPlan): Plan {
  return {
    pipeline: system.pipeline.name,
    slo,
    workload: planWorkload(workload),
    groups,
    predicted: estimate.predicted,
    search,
  };
}

/** Why there is no plan, and what there would be one for. */
function tellNone({ message, feasibleSlo, feasibleRate }: NoPlan, { slo }: Planning): string {
  const instead = [
    ...(feasibleSlo === undefined
      ? []
      : [
          `an SLO of --slo "p${slo[0]!.percentile}: ${Math.ceil(feasibleSlo)} ms" (${formatDuration(feasibleSlo)})`,
        ]),
    ...(feasibleRate === undefined ? [] : [`a rate of up to ${formatRate(feasibleRate)}`]),
  ];
  const would = instead.length > 0 ? `\nThere would be one for ${instead.join(', or for ')}` : '';
  return `no feasible plan: ${message}${would}`;
}

async function run(args: Arguments): Promise<number> {
  if (args.values['fit'] === true) return runFit(args);
  if (textOption(args, 'share') !== undefined) throw new UsageError('--share goes with --fit');
  const json = args.values['json'] === true;
  const paths = { out: textOption(args, 'out'), report: textOption(args, 'report') };
  const options = readSearchOptions(args);
  const planning = await readPlanning(args, { priced: true });
  const { system, workload, samples, slo } = planning;
  if (slo.length === 0) {
    throw new UsageError(`pipeline ${system.pipeline.name} has no latency objective: give --slo "150 ms"`);
  }
  return withOutFiles(paths, async ({ out, report }) => {
    const line = new SearchLine(json);
    let found;
    try {
      const now = () => performance.now();
      found = searchPlan(system, samples, slo, { ...options, now, onProgress: at => line.show(at) });
    } finally {
      line.clear();
    }
    if (found.kind === 'none') {
      say(tellNone(found, planning));
      return 1;
    }
    const { groups, estimate, search } = found;
    const plan = { name: 'this plan', groups, estimate, search };
    const other = planning.other && estimateNamed(planning, planning.other);
    const text = writePlan(planOf(planning, found));
    if (json) {
      process.stdout.write(`${JSON.stringify(parse(text))}\n`);
    } else {
      say(printEstimate(system, workload, slo, plan));
      say(`The search: ${tellSearch(search, estimate.predicted.cost)}`);
      if (other) say(`\n${printComparison(plan, other)}`);
    }
    await out?.write(text);
    await out?.finish();
    if (report) await writeReport(report, { ...planning, plan, other, most: options.most, quiet: json });
    if (!json) say(`\n${nextCommand(args, system.pipeline.name, paths)}`);
    return 0;
  });
}

export const command: Command = {
  help: `millrace plan: find the cheapest plan that meets the SLO

Usage: millrace plan PIPELINE --rate R --hardware FILE --profile FILE... [options]

Chooses hardware, batch size and replicas for each stage, so that the pipeline meets its latency objective at the least
cost per hour. Every plan is judged by simulating the workload on it; no model, operator or hardware is needed, only the
pipeline's file and profiles. It says what it has proved: that no plan of the space is cheaper, or by how much one might.

${plannerHelp}\
${searchHelp}\
  --out FILE          write the plan file
  --report FILE.html  write a report too: one page, which needs no network
  --compare PLAN      another plan file, predicted for the same workload, side by side
  --json              print the plan on standard output as JSON, and nothing else

${fitHelp}\
Exit status: 0 there is a plan; 1 there is none, or a file has mistakes; 2 misuse or failure.
`,
  options: {
    ...plannerOptions,
    ...searchOptions,
    out: { type: 'string' },
    report: { type: 'string' },
    compare: { type: 'string' },
    fit: { type: 'boolean' },
    share: { type: 'string' },
    json: { type: 'boolean' },
  },
  run,
};
