import { say, textOption, UsageError, type Arguments, type Command } from './command.ts';
import { isTuned, runTuned, tunedHelp, tunedOptions } from './estimate-tuned.ts';
import { withOutFiles } from './out-files.ts';
import { plannerHelp, plannerOptions } from './planner-inputs.ts';
import { estimateNamed, readPlanning } from './planning.ts';
import { printComparison, printEstimate } from './print-estimate.ts';
import { writeReport } from './report-file.ts';
import { maxReplicasOption } from './search-options.ts';

async function run(args: Arguments): Promise<number> {
  if (textOption(args, 'plan') === undefined) throw new UsageError('--plan FILE is missing');
  const json = args.values['json'] === true;
  const reportPath = textOption(args, 'report');
  const most = maxReplicasOption(args);
  const tuned = isTuned(args);
  const planning = await readPlanning(args);
  if (tuned) return runTuned(args, planning, planning.plan!);
  return withOutFiles({ report: reportPath }, async ({ report }) => {
    const { system, workload, slo } = planning;
    const plan = estimateNamed(planning, planning.plan!);
    const other = planning.other && estimateNamed(planning, planning.other);
    if (json) {
      process.stdout.write(`${JSON.stringify({ predicted: plan.estimate.predicted })}\n`);
    } else {
      say(printEstimate(system, workload, slo, plan));
      if (other) say(`\n${printComparison(plan, other)}`);
    }
    if (report) {
      await writeReport(report, { ...planning, plan, other, most, quiet: json });
      say(`\nreport written to ${reportPath}`);
    }
    return plan.estimate.feasible ? 0 : 1;
  });
}

export const command: Command = {
  help: `millrace estimate: predict how a plan would do

Usage: millrace estimate PIPELINE --plan FILE --profile FILE... [options]

Simulates the plan's workload, or another, on the plan's replicas: latency against the SLO, how busy each pool is, where
a query's time goes, and the cost if --hardware has prices. No model, operator or hardware of the plan is needed.

  --plan FILE         what to predict
${plannerHelp}\
  --compare PLAN      another plan file, predicted for the same workload, side by side
  --report FILE.html  write a report too: one page, which needs no network
  --max-replicas N    most replicas of a pool in the report's cheapest plans (default 64)
${tunedHelp}\
  --json              print { predicted } on standard output, and nothing else; with --tuner { predicted, misses,
                      decisions } too

Exit status: 0 the plan meets the SLO, or there is none; 1 it misses it, or a file has mistakes; 2 misuse or failure.
`,
  options: {
    ...plannerOptions,
    ...tunedOptions,
    plan: { type: 'string' },
    compare: { type: 'string' },
    report: { type: 'string' },
    'max-replicas': { type: 'string' },
    json: { type: 'boolean' },
  },
  run,
};
