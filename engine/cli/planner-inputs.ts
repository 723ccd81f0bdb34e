/** The options that `plan`, `estimate` and `rehearse` share, beside the workload's and the profiles'. */
import { parseDuration } from '../../operators/index.ts';
import {
  loadHardware,
  type Hardware,
  type HardwareOptions,
  type Objective,
  type Pipeline,
} from '../../pipelines/index.ts';
import { textOption, UsageError, type Arguments, type Command } from './command.ts';
import { workloadHelp, workloadOptions } from './workload-options.ts';

export const plannerOptions = {
  ...workloadOptions,
  slo: { type: 'string', multiple: true },
  profile: { type: 'string', multiple: true },
  hardware: { type: 'string' },
  counts: { type: 'string' },
} as const satisfies Command['options'];

export const plannerHelp = `\
${workloadHelp}\
  --counts profile    items per query as the profiles have them, although the trace is a recording, which says how many
                      each of its queries had
  --slo "150 ms"      the latency objective, instead of the pipeline's; "p95: 150 ms" for another percentile than its
                      only one, or p99; may be given several times
  --profile FILE      service times on one hardware type, or a folder of *.profile.json; may be given several times
  --hardware FILE     the hardware there is, and its prices; by default what the profiles name, without prices
`;

// As pipeline and plan files spell percentiles.
const percentile = /^p(\d{1,2}(?:\.\d{1,6})?)\s*:/;
/** A limit that lacks its unit, and nothing else. */
const bare = /^(?:p[\d.]+\s*:\s*)?(\d[\d.]*)$/;

/**
 * The latency objective asked for, or else the pipeline's; sorted by percentile, and empty if there is none.
 *
 * @throws UsageError for a limit without a unit, and the like
 */
export function readSlo(args: Arguments, { slo }: Pick<Pipeline, 'slo'>): readonly Objective[] {
  const given = args.values['slo'] as string[] | undefined;
  if (!given) return slo;
  const usual = slo.length === 1 ? slo[0]!.percentile : 99;
  const objectives = new Map<number, Objective>();
  for (const text of given) {
    const objective = readObjective(text.trim(), usual);
    if (objectives.has(objective.percentile)) {
      throw new UsageError(`--slo gives two limits for p${objective.percentile}`);
    }
    objectives.set(objective.percentile, objective);
  }
  return [...objectives.values()].toSorted((a, b) => a.percentile - b.percentile);
}

function readObjective(text: string, usual: number): Objective {
  const named = percentile.exec(text);
  const limit = parseDuration(text.slice(named?.[0].length ?? 0));
  const objective = { percentile: named ? Number(named[1]) : usual, limit: limit ?? 0 };
  if (objective.limit > 0 && objective.percentile > 0) return objective;
  const number = bare.exec(text)?.[1];
  const hint = number === undefined ? '' : `; a limit has a unit: did you mean "${number} ms"?`;
  throw new UsageError(`--slo takes a limit such as "150 ms" or "p99: 150 ms", not "${text}"${hint}`);
}

/**
 * The hardware that a file says there is; undefined where no file is asked for.
 *
 * @throws UsageError if prices are wanted and there is no file; PipelineError if it has mistakes; MillraceError
 *   `not-found` if there is no such file
 */
export async function readHardware(
  args: Arguments,
  options: HardwareOptions = {},
): Promise<Hardware | undefined> {
  const path = textOption(args, 'hardware');
  if (path !== undefined) return loadHardware(path, options);
  if (!options.priced) return undefined;
  throw new UsageError(`the cheapest plan takes prices: give --hardware FILE, of this form

millrace: hardware/1
types:
  cpu: { device: cpu, price: 0.0425 }    # US dollars per replica and hour
`);
}
