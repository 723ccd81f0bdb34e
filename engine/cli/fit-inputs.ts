/** What `plan --fit` works on: several pipelines, their shares, and profiles of each. */
import {
  loadStructure,
  maxJsonLength,
  nearest,
  readTextFile,
  type Hardware,
  type Pipeline,
} from '../../pipelines/index.ts';
import { makeSystem, type GammaWorkload, type Part, type System } from '../../planner/index.ts';
import { textOption, UsageError, type Arguments } from './command.ts';
import { resolvePipeline } from './pipeline-path.ts';
import { readHardware, readSlo } from './planner-inputs.ts';
import { profilePaths, readProfiles } from './profile-files.ts';
import { readWorkload } from './workload-options.ts';

/** Queries of each seed, which are simulated hundreds of times. */
const defaultQueries = '10000';

/** What goes with the cheapest plan for a workload alone. */
const foreign = ['rate', 'trace', 'counts', 'compare', 'report', 'space', 'max-replicas'];

const example = `
hosts:
  here: { cores: 8, types: [cpu, cpu-2] }    # a machine, and the types whose replicas share its cores
limits: { t4: 4 }                            # most replicas of a type that runs elsewhere
`;

export interface FitInputs {
  parts: Part[];
  /** Its rate is what is looked for. */
  arrivals: Omit<GammaWorkload, 'rate'>;
}

/** @throws UsageError, PipelineError or MillraceError for whatever is missing or wrong */
export async function readFit(args: Arguments): Promise<FitInputs> {
  const extra = foreign.find(name => textOption(args, name) !== undefined);
  if (extra !== undefined) throw new UsageError(`--fit finds the rate itself: leave out --${extra}`);
  if (args.positionals.length === 0) throw new UsageError('--fit takes one pipeline or more');
  const pipelines: Pipeline[] = [];
  for (const path of args.positionals) {
    const pipeline = await loadStructure(resolvePipeline(path));
    if (pipelines.some(({ name }) => name === pipeline.name)) {
      throw new UsageError(`two pipelines are called ${pipeline.name}: profiles and plans go by the name`);
    }
    pipelines.push(pipeline);
  }
  const shares = readShares(args, pipelines);
  // Any rate, for the other options to be read.
  const { kind, cv, queries, seeds } = (await readWorkload({
    ...args,
    values: { queries: defaultQueries, ...args.values, rate: '1' },
  })) as GammaWorkload;
  const slos = pipelines.map(pipeline => readSlo(args, pipeline));
  const lacking = pipelines.find((_, part) => slos[part]!.length === 0);
  if (lacking) {
    throw new UsageError(`pipeline ${lacking.name} has no latency objective: give --slo "150 ms"`);
  }
  const hardware = await readHardware(args);
  if (!hardware) {
    throw new UsageError(
      `--fit makes the most of what there is: give --hardware FILE with what that is, as in\n${example}`,
    );
  }
  const systems = await readSystems(args, pipelines, hardware);
  checkLimited(systems, hardware);
  const parts = systems.map((system, part) => ({ system, slo: slos[part]!, share: shares[part]! }));
  return { parts, arrivals: { kind, cv, queries, seeds } };
}

/** Queries of each pipeline for every query of one with share 1. */
function readShares(args: Arguments, pipelines: readonly Pipeline[]): number[] {
  const text = textOption(args, 'share');
  const names = pipelines.map(({ name }) => name);
  const shares = new Map<string, number>();
  for (const entry of text?.split(',') ?? []) {
    const [name = '', given = '', ...rest] = entry.split('=').map(word => word.trim());
    const share = Number(given);
    if (!names.includes(name)) {
      const guess = nearest(name, names);
      const hint = guess === undefined ? `; there are ${names.join(', ')}` : `; did you mean "${guess}"?`;
      throw new UsageError(`--share: there is no pipeline "${name}"${hint}`);
    }
    if (rest.length > 0 || !(share > 0 && share < Infinity)) {
      throw new UsageError(`--share takes NAME=NUMBER,… with numbers above 0, not "${entry.trim()}"`);
    }
    if (shares.has(name)) throw new UsageError(`--share gives two shares to ${name}`);
    shares.set(name, share);
  }
  return names.map(name => shares.get(name) ?? 1);
}

/** Each pipeline with the profiles that name it. */
async function readSystems(
  args: Arguments,
  pipelines: readonly Pipeline[],
  hardware: Hardware,
): Promise<System[]> {
  const given = (args.values['profile'] as string[] | undefined) ?? [];
  const paths = new Map<string, string[]>(pipelines.map(({ name }) => [name, []]));
  const [first] = pipelines as [Pipeline];
  for (const path of await profilePaths(given)) {
    const named = pipelines.length === 1 ? first.name : await pipelineOf(path);
    // What names none is read as one of the first, for its mistakes to be shown.
    const own = paths.get(named ?? first.name);
    if (!own)
      throw new UsageError(`${path} is a profile of "${named}", not of ${[...paths.keys()].join(', ')}`);
    own.push(path);
  }
  const systems: System[] = [];
  for (const pipeline of pipelines) {
    const profile = paths.get(pipeline.name)!;
    if (given.length > 0 && profile.length === 0) {
      throw new UsageError(`no --profile is of pipeline ${pipeline.name}; \`millrace profile\` makes one`);
    }
    const { profiles } = await readProfiles(
      { ...args, values: { ...args.values, profile } },
      pipeline,
      hardware,
    );
    systems.push(makeSystem(pipeline, profiles, hardware));
  }
  return systems;
}

/** The pipeline that a profile says it is of; undefined if it says none. */
async function pipelineOf(path: string): Promise<string | undefined> {
  const { text } = await readTextFile(path, 'profile', maxJsonLength);
  try {
    const { pipeline } = JSON.parse(text) as { pipeline?: unknown };
    return typeof pipeline === 'string' ? pipeline : undefined;
  } catch {
    return undefined;
  }
}

function checkLimited(systems: readonly System[], { limits, hosts }: Hardware): void {
  const limited = new Set([...Object.keys(limits), ...Object.values(hosts).flatMap(({ types }) => types)]);
  const unlimited = new Set(systems.flatMap(({ types }) => types).filter(type => !limited.has(type)));
  if (unlimited.size === 0) return;
  const names = [...unlimited].map(name => `"${name}"`).join(', ');
  throw new UsageError(
    `--fit makes the most of what there is, and the hardware file does not say how much there is of ${names}: add it to hosts or limits, as in\n${example}`,
  );
}
