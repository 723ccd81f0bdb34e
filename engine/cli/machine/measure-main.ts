/**
 * Measures pipelines on this machine and makes their plans, in a process of its own: choosing a plan keeps a thread busy
 * for seconds, and what crashes here takes nothing with it. The parent says what, hears how far it has come, and may stop
 * it at any time; what was measured is kept.
 */
import { availableParallelism } from 'node:os';
import { loadPipeline } from '../../../pipelines/index.ts';
import { cacheFolder, KeptFiles } from '../../profiler/kept-files.ts';
import { MachinePlan } from '../../profiler/machine-plan.ts';
import { describeError } from '../command.ts';
import { readSamples } from '../profiling/sample-inputs.ts';

/** From the parent: what to measure; or to stop with the batch that runs. */
export type Order = { pipelines: readonly string[]; budget: number } | 'stop';

/** To the parent: how it ended. */
export type Report = { warning: string } | { plans: readonly string[] | null } | { failed: string };

const stop = new AbortController();

async function measure(paths: readonly string[], budget: number): Promise<Report> {
  const pipelines = await Promise.all(paths.map(path => loadPipeline(path)));
  const kept = pipelines.map(pipeline => ({ pipeline, files: new KeptFiles(cacheFolder(), pipeline) }));
  const machine = new MachinePlan(kept, {
    cores: availableParallelism(),
    warn: warning => process.send!({ warning } satisfies Report),
  });
  const samples = await Promise.all(pipelines.map(pipeline => readSamples(pipeline, [])));
  const plans = await machine.make({ samples, budget, signal: stop.signal });
  return { plans: plans && machine.paths };
}

process.on('message', (order: Order) => {
  if (order === 'stop') {
    stop.abort();
    return;
  }
  measure(order.pipelines, order.budget)
    .catch((error: unknown): Report =>
      stop.signal.aborted ? { plans: null } : { failed: describeError(error) },
    )
    .then(report => process.send!(report, () => process.exit(0)));
});
// Nobody is left to tell.
process.on('disconnect', () => process.exit(0));
