/** `--plan auto`: the plan that suits this machine, as soon as it has been measured; until then the default. */
import { availableParallelism } from 'node:os';
import { formatDuration, parseDuration } from '../../operators/index.ts';
import type { BoundPipeline, Plan } from '../../pipelines/index.ts';
import { formatRate } from '../../planner/index.ts';
import { defaultDeployment, deployPlan, type Deployment } from '../index.ts';
import { cacheFolder, KeptFiles } from '../profiler/kept-files.ts';
import { MachinePlan, obstacleOf } from '../profiler/machine-plan.ts';
import { describeError, say, textOption, UsageError, type Arguments } from './command.ts';
import { Progress } from './progress.ts';
import { ProgressBar } from './profiling/progress-bar.ts';
import { readSamples } from './profiling/sample-inputs.ts';
import type { QueryInputs } from './query-inputs.ts';

const defaultBudget = '60 s';

export const autoPlanHelp = `\
  --plan auto           the plan that suits this machine best, made from measurements kept of it in the user's cache
                        folder; until there are any the default, and once every query was answered it is measured
  --profile-budget T    time for that (default "60 s" on a terminal, "0 s" in a pipe or with --json: no measuring).
                        Ctrl-C ends it; what was measured is kept, and the next run goes on
`;

export const autoPlanOptions = { 'profile-budget': { type: 'string' } } as const;

/** Whether it is asked for. @throws UsageError for options that do not go together */
export function isAutoPlan(args: Arguments): boolean {
  const isAuto = textOption(args, 'plan') === 'auto';
  if (isAuto && textOption(args, 'hardware') !== undefined) {
    throw new UsageError('--plan auto chooses among what this machine has: leave out --hardware');
  }
  if (!isAuto && textOption(args, 'profile-budget') !== undefined) {
    throw new UsageError('--profile-budget goes with --plan auto');
  }
  return isAuto;
}

export class AutoPlan {
  readonly deployment: Deployment;
  readonly #pipeline: BoundPipeline;
  readonly #machine: MachinePlan;
  /** Milliseconds; 0 where there is nothing to do. */
  readonly #budget: number;
  readonly #json: boolean;

  private constructor(
    pipeline: BoundPipeline,
    machine: MachinePlan,
    plan: Plan | null,
    { budget, json }: { budget: number; json: boolean },
  ) {
    const cores = availableParallelism();
    const isOwn = plan !== null && obstacleOf(plan) === undefined;
    this.deployment = isOwn ? deployPlan(pipeline, plan) : defaultDeployment(pipeline, { cores });
    this.#pipeline = pipeline;
    this.#machine = machine;
    this.#budget = plan || pipeline.slo.length === 0 ? 0 : budget;
    this.#json = json;
    if (!json) say(`${tell(pipeline, machine, plan)}\n`);
  }

  /** Chooses the deployment, and says which it is and why unless only JSON is wanted. */
  static async open(args: Arguments, pipeline: BoundPipeline): Promise<AutoPlan> {
    const json = args.values['json'] === true;
    const budget = readBudget(args, json);
    const files = new KeptFiles(cacheFolder(), pipeline);
    const machine = new MachinePlan([{ pipeline, files }], {
      cores: availableParallelism(),
      warn: message => say(`warning: ${message}`),
    });
    return new AutoPlan(pipeline, machine, (await machine.read())?.[0] ?? null, { budget, json });
  }

  /**
   * Makes the plan for the next start, if there is none and it is wanted. Nothing that goes wrong with that is a failure
   * of what was run.
   *
   * @param queries what is measured with where the pipeline has no samples beside it
   */
  async improve(queries: readonly QueryInputs[]): Promise<void> {
    if (this.#budget === 0) return;
    const bar = new ProgressBar(this.#json);
    const progress = new Progress(1, this.#json ? 0 : 1);
    const tell = (message: string) => {
      bar.clear();
      if (!this.#json) say(message);
    };
    const stop = new AbortController();
    // The batch that runs is waited for: a session that is in use takes the process with it. A second one ends it all.
    const interrupt = () => {
      stop.abort();
      tell('ending with the batch that runs');
    };
    process.once('SIGINT', interrupt);
    tell(
      `\nmeasuring the stages, for a plan that suits this machine: at most ${formatDuration(this.#budget)}; Ctrl-C ends it, and what was measured is kept`,
    );
    try {
      const samples = await readSamples(this.#pipeline, []).catch(() => queries);
      const plan = await this.#machine.make({
        samples: [samples],
        budget: this.#budget,
        signal: stop.signal,
        progress: at => bar.show(at),
        planning: () => {
          // It keeps the thread busy: an interruption could not be told any more, and ends the process as usual.
          process.off('SIGINT', interrupt);
          progress.note('choosing a plan');
        },
      });
      if (plan) tell(`the next run uses the plan in ${this.#machine.paths[0]}`);
      else tell('not all stages are measured yet: what was measured is kept, and the next run goes on');
    } catch (error) {
      tell(`warning: no plan was made for this machine: ${describeError(error)}`);
    } finally {
      bar.clear();
      process.off('SIGINT', interrupt);
    }
  }
}

/** @throws UsageError unless it is a duration */
function readBudget(args: Arguments, json: boolean): number {
  const isWatched = process.stderr.isTTY === true && !json;
  const text = textOption(args, 'profile-budget') ?? (isWatched ? defaultBudget : '0 s');
  const budget = parseDuration(text);
  if (budget !== null && budget >= 0) return budget;
  const hint = /^[\d.]+$/.test(text) ? `; did you mean "${text} s"?` : '';
  throw new UsageError(`--profile-budget takes a duration such as "60 s", not "${text}"${hint}`);
}

/** Which plan it is, and why. */
function tell({ slo }: BoundPipeline, machine: MachinePlan, plan: Plan | null): string {
  const usual = `plan: the default for ${availableParallelism()} cores`;
  if (slo.length === 0) return `${usual}, since the pipeline has no latency objective to plan for`;
  if (!plan) return `${usual}, since this machine is not measured yet`;
  const obstacle = obstacleOf(plan);
  if (obstacle !== undefined) return `${usual}, since none meets the SLO here: ${obstacle}`;
  const lone = plan.predicted?.['lone'];
  const usualLone = plan.search?.['default-lone'];
  const alone = [
    ...(typeof lone === 'number' ? [`; a lone query takes ${formatDuration(lone)}`] : []),
    ...(typeof usualLone === 'number' ? [`, by default ${formatDuration(usualLone)}`] : []),
  ].join('');
  return `plan: for the highest rate this machine holds within the SLO, ${formatRate(plan.workload?.rate ?? 0)}${alone} (${machine.paths[0]})`;
}
