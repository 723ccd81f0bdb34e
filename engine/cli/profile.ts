import { MillraceError, parseDuration } from '../../operators/index.ts';
import { loadPipeline } from '../../pipelines/index.ts';
import { writeProfile, type Profile } from '../../planner/index.ts';
import {
  countOption,
  describeError,
  say,
  textOption,
  UsageError,
  type Arguments,
  type Command,
} from './command.ts';
import { resolvePipeline } from './pipeline-path.ts';
import { isTooWide, readHardware } from './profiling/hardware.ts';
import { printProfile } from './profiling/print-profile.ts';
import { profileInto } from './profiling/profile-into.ts';
import { readSamples, sampleRule } from './profiling/sample-inputs.ts';

/** @throws UsageError unless it is a duration above zero */
function durationOption(args: Arguments, name: string, fallback: string): number {
  const text = textOption(args, name) ?? fallback;
  const duration = parseDuration(text);
  if (!duration) throw new UsageError(`--${name} takes a duration such as "60 s", not "${text}"`);
  return duration;
}

async function run(args: Arguments): Promise<number> {
  const [path, ...extra] = args.positionals;
  if (path === undefined || extra.length > 0) throw new UsageError('profile takes one pipeline');
  const json = args.values['json'] === true;
  const budget = durationOption(args, 'budget', '60 s');
  const maxBatch = countOption(args, 'max-batch', 32);
  const repetitions =
    args.values['repetitions'] === undefined ? undefined : countOption(args, 'repetitions', 1);
  const { types, isFile } = await readHardware(textOption(args, 'hardware') ?? 'cpu');
  const given = textOption(args, 'out');
  if (isFile && given !== undefined) {
    throw new UsageError('--out names one file, and a hardware file gives one for each type: leave it out');
  }
  const pipeline = await loadPipeline(resolvePipeline(path));
  const samples = await readSamples(pipeline, (args.values['input'] as string[] | undefined) ?? []);
  const restart = args.values['restart'] === true;
  const usable = isFile ? types.filter(type => !isTooWide(type)) : types;
  const settings = {
    pipeline,
    samples,
    budget: budget / Math.max(1, usable.length),
    maxBatch,
    repetitions,
    restart,
    json,
  };
  let refusal: unknown = new MillraceError(
    'unavailable',
    `this machine has the cores for no type of the file`,
  );
  let written = 0;
  let unfinished = 0;
  for (const hardware of usable) {
    const out = given ?? `${pipeline.name}.${hardware.name}.profile.json`;
    try {
      const profile = await profileInto(out, hardware, settings);
      if (!profile) {
        unfinished++;
        continue;
      }
      written++;
      if (json) process.stdout.write(writeJson(profile));
      else say(`${printProfile(profile)}\n\nwritten to ${out}`);
    } catch (error) {
      if (!isFile || !(error instanceof MillraceError) || error.code !== 'unavailable') throw error;
      say(`warning: ${hardware.name} is left out: ${describeError(error)}`);
      refusal = error;
    }
  }
  if (written + unfinished === 0) throw refusal;
  return unfinished > 0 ? 1 : 0;
}

/** As its file has it, in one line. */
function writeJson(profile: Profile): string {
  return `${JSON.stringify(JSON.parse(writeProfile(profile)))}\n`;
}

export const command: Command = {
  help: `millrace profile: measure every stage of a pipeline on this machine

Usage: millrace profile PIPELINE [options]

Sends sample inputs through the pipeline, then runs each stage alone on one replica with what it was given: batches of
1, 2, 4, 8, … until throughput has grown by less than 5 % over two sizes. Writes how long they took, how many items each
query made, the memory of a replica, and what the engine itself costs. A stage that the hardware can't run, or that no
sample reaches, is left out with a warning.

${sampleRule}

  --input NAME=VALUE    sample inputs, as of "millrace run"
  --hardware NAME|FILE  what to measure on (default cpu): cpu, cpu-2 (two threads), cuda, tensorrt, webgpu, directml,
                        coreml; or a hardware file, for every type of it that this machine can run
  --out FILE            default PIPELINE.HARDWARE.profile.json in the current folder; it appears once it is whole
  --budget DURATION     time for all of it (default "60 s"); slow stages get more of it than fast ones
  --max-batch N         largest batch (default 32)
  --repetitions N       most runs of a batch size that count (default: for a second, and until 200 or a stable median;
                        fewer where time is short)
  --restart             begin anew where an interrupted run left something
  --json                print the profile on standard output, and nothing else; one line for each of a file's types

Interrupted, or with the budget spent before every stage was measured, it leaves FILE.partial, and goes on from there
when it is run again with the same pipeline, samples, hardware and machine.

Exit status: 0 the profile is written; 1 the budget was too small, a stage failed, or the pipeline is invalid; 2 misuse
or failure. An interruption ends it as the signal does (130 in a shell, for Ctrl-C).
`,
  options: {
    input: { type: 'string', multiple: true },
    hardware: { type: 'string' },
    out: { type: 'string' },
    budget: { type: 'string' },
    'max-batch': { type: 'string' },
    repetitions: { type: 'string' },
    restart: { type: 'boolean' },
    json: { type: 'boolean' },
  },
  run,
};
