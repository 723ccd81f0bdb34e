import { formatDuration } from '../../operators/index.ts';
import { loadPipeline } from '../../pipelines/index.ts';
import { defaultLimits, Engine } from '../index.ts';
import {
  countOption,
  describeError,
  say,
  textOption,
  UsageError,
  type Arguments,
  type Command,
} from './command.ts';
import { AutoPlan, autoPlanHelp, autoPlanOptions, isAutoPlan } from './auto-plan.ts';
import { readDeployment } from './deployment-options.ts';
import { standardErrorLog } from './log.ts';
import { LinesFile } from './lines-file.ts';
import { jsonLine, runAll } from './outcome.ts';
import { resolvePipeline } from './pipeline-path.ts';
import { printObjectives, printOutputs, printStages, printSummary } from './print-result.ts';
import { Progress } from './progress.ts';
import { readQueries } from './query-inputs.ts';

async function run(args: Arguments): Promise<number> {
  const [path, ...extra] = args.positionals;
  if (path === undefined || extra.length > 0) throw new UsageError('run takes one pipeline');
  const json = args.values['json'] === true;
  const repeat = countOption(args, 'repeat', 1);
  const concurrency = countOption(args, 'concurrency', 1);
  const maxItems = countOption(args, 'max-items', defaultLimits.items);
  const isAuto = isAutoPlan(args);
  const pipeline = await loadPipeline(resolvePipeline(path));
  const queries = await readQueries(pipeline.inputs, (args.values['input'] as string[] | undefined) ?? []);
  const auto = isAuto ? await AutoPlan.open(args, pipeline) : null;
  const deployment =
    auto?.deployment ??
    (await readDeployment(pipeline, textOption(args, 'plan'), textOption(args, 'hardware')));
  const count = queries.length * repeat;
  const progress = new Progress(count, json ? 0 : 8);
  const outPath = textOption(args, 'out');
  // Before the models are loaded, which may take long: a path that is no good is known at once.
  const out = outPath === undefined ? null : await LinesFile.open(outPath);
  let engine: Engine | undefined;
  const latencies: number[] = [];
  let failures = 0;
  try {
    progress.note('starting');
    engine = await Engine.start(pipeline, {
      deployment,
      show: (args.values['show'] as string[] | undefined) ?? [],
      log: standardErrorLog(),
      limits: { queries: Math.max(defaultLimits.queries, concurrency), items: maxItems },
    });
    const started = performance.now();
    await runAll(engine, queries, count, concurrency, async (outcome, index) => {
      if (json || out) {
        const line = jsonLine(pipeline, outcome);
        if (json) process.stdout.write(`${line}\n`);
        await out?.write(line);
      }
      if (outcome.result) latencies.push(outcome.result.latency);
      else failures++;
      if (!json) {
        progress.clear();
        if (outcome.error) say(`${outcome.label}: ${describeError(outcome.error)}`);
        else if (index < queries.length) {
          if (queries.length > 1) say(`${index > 0 ? '\n' : ''}${outcome.label}`);
          say(printOutputs(pipeline, outcome.result!));
          if (queries.length === 1) say(`\n${printStages(outcome.result!)}`);
          const { latency } = outcome.result!;
          say(`latency ${formatDuration(latency)}${printObjectives(latency, pipeline.slo)}`);
        }
      }
      progress.step();
    });
    progress.clear();
    if (!json && count > 1)
      say(`\n${printSummary(latencies, failures, performance.now() - started, pipeline.slo)}`);
    await out?.finish();
  } catch (error) {
    await out?.abandon();
    throw error;
  } finally {
    progress.clear();
    await engine?.close(2000);
  }
  if (failures === 0) await auto?.improve(queries);
  return failures > 0 ? 1 : 0;
}

export const command: Command = {
  help: `millrace run: run queries through a pipeline, in this process

Usage: millrace run PIPELINE --input NAME=VALUE [options]

VALUE is a text, a number, JSON, @FILE, or @'PATTERN' for one query per file that matches. A file is an input's bytes;
for numbers it is JSON if its name ends in .json, else raw little-endian elements.

  --input NAME=VALUE    one for each input of the pipeline
  --repeat N            run every query N times (default 1)
  --concurrency N       queries in flight at a time (default 1)
  --max-items N         items a fan-out may make of one query (default 1000)
  --show STAGE.PORT     print this value too; may be given several times
  --out FILE            write one line of JSON per query; the file appears once it is whole
  --json                print these lines on standard output, and nothing else
  --plan FILE           run this plan; by default this machine's processor, by a written rule
${autoPlanHelp}\
  --hardware NAME|FILE  the hardware to run on (cpu, cpu-2, cuda, tensorrt, webgpu, directml, coreml; what is light stays
                        on the processor), or a file that says what the plan's hardware is

Exit status: 0 every query was answered; 1 one failed, or the pipeline is invalid; 2 misuse or failure.
`,
  options: {
    input: { type: 'string', multiple: true },
    repeat: { type: 'string' },
    concurrency: { type: 'string' },
    'max-items': { type: 'string' },
    show: { type: 'string', multiple: true },
    out: { type: 'string' },
    json: { type: 'boolean' },
    plan: { type: 'string' },
    ...autoPlanOptions,
    hardware: { type: 'string' },
  },
  run,
};
