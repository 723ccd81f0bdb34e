/** `plan --fit`: the highest rate that the hardware there is holds, and the plan for it. */
import { join } from 'node:path';
import { parse } from 'yaml';
import { writePlan, type Plan } from '../../pipelines/index.ts';
import {
  fitPlan,
  formatCount,
  formatRate,
  predictParts,
  type Estimate,
  type Fitted,
  type GammaWorkload,
} from '../../planner/index.ts';
import { say, textOption, type Arguments } from './command.ts';
import { readFit, type FitInputs } from './fit-inputs.ts';
import { withOutFiles } from './out-files.ts';
import { planWorkload } from './workload-options.ts';
import { printEstimate } from './print-estimate.ts';
import { Progress } from './progress.ts';
import { readSearchOptions } from './search-options.ts';

export const fitHelp = `\
With --fit, it makes the most of the hardware there is instead: it finds the highest rate that the hosts and limits of
the hardware file hold within the SLO, and the plan for it; prices are not needed. Several pipelines share them then:

  millrace plan PIPELINE... --fit --hardware FILE --profile FILE... [--share ocr=2,fashion=1]

  --fit               find the highest rate instead of the least cost; takes --cv, --queries (default 10000, of all
                      pipelines together), --seeds, --slo and --budget, and no workload
  --share NAME=N,…    queries of each pipeline for every query of the others (default 1 each)
  --out FOLDER        of several pipelines: write NAME.plan.yaml for each

`;

/** The plan of one of the pipelines, as its file has it. */
function planOf(
  { parts }: FitInputs,
  { groups, search }: Fitted,
  workload: GammaWorkload,
  { predicted }: Estimate,
  part: number,
): Plan {
  const { system, slo } = parts[part]!;
  return {
    pipeline: system.pipeline.name,
    slo,
    workload: planWorkload(workload),
    groups: groups[part]!,
    predicted,
    search,
  };
}

/** What each pipeline gets, and why none gets more. */
function tellRates({ parts }: FitInputs, { rate, bound, search }: Fitted): string {
  const rates = (of: number) =>
    parts
      .map(
        ({ system, share }) =>
          `${parts.length > 1 ? `${system.pipeline.name} ` : ''}${formatRate(of * share)}`,
      )
      .join(', ');
  const effort = `${formatCount(search.evaluated!)} simulations in ${search.seconds!.toFixed(1)} s`;
  return `The highest rate found: ${rates(rate)}; at ${rates(bound)} the work alone fills every core or replica; ${effort}`;
}

/** Files by the name of the pipeline. */
function outPaths({ parts }: FitInputs, out: string | undefined): Record<string, string | undefined> {
  const several = parts.length > 1;
  return Object.fromEntries(
    parts.map(({ system: { pipeline } }) => [
      several ? pipeline.name : 'out',
      several && out !== undefined ? join(out, `${pipeline.name}.plan.yaml`) : out,
    ]),
  );
}

/** Runs `plan --fit`. @returns the exit status */
export async function runFit(args: Arguments): Promise<number> {
  const json = args.values['json'] === true;
  const { budget } = readSearchOptions(args);
  const inputs = await readFit(args);
  const { parts, arrivals } = inputs;
  const paths = outPaths(inputs, textOption(args, 'out'));
  return withOutFiles(paths, async files => {
    const progress = new Progress(1, json ? 0 : 1);
    let fitted: Fitted;
    try {
      progress.note('looking for a plan');
      fitted = fitPlan(parts, {
        ...arrivals,
        budget,
        now: () => performance.now(),
        onProgress: ({ rate, evaluated }) => progress.note(`${formatRate(rate)}, ${evaluated} simulations`),
      });
    } finally {
      progress.clear();
    }
    if (fitted.obstacle !== null) {
      say(`no feasible plan, however low the rate: ${fitted.obstacle}`);
      return 1;
    }
    const texts: string[] = [];
    for (const [part, estimate] of predictParts(fitted).entries()) {
      const { system, slo, share } = parts[part]!;
      const queries = fitted.problem.queriesOf(part);
      // Without what multiplying decimal fractions in binary adds to a rounded rate.
      const rate = Number((share * fitted.rate).toPrecision(12));
      const workload = { ...arrivals, rate, queries };
      const text = writePlan(planOf(inputs, fitted, workload, estimate, part));
      texts.push(text);
      if (json) process.stdout.write(`${JSON.stringify(parse(text))}\n`);
      else {
        const plan = { name: 'this plan', groups: fitted.groups[part]!, estimate };
        say(`${printEstimate(system, workload, slo, plan)}\n`);
      }
    }
    const opened = Object.values(files);
    for (const [part, file] of opened.entries()) await file!.write(texts[part]!);
    for (const file of opened) await file!.finish();
    if (!json) {
      say(tellRates(inputs, fitted));
      for (const path of Object.values(paths)) if (path !== undefined) say(`plan written to ${path}`);
    }
    return 0;
  });
}
