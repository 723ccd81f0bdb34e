/** The option of `serve` that says whether replicas follow the traffic. */
import { availableParallelism } from 'node:os';
import { MillraceError } from '../../../operators/index.ts';
import type { Group, Hardware } from '../../../pipelines/index.ts';
import { deploy, drawSamples, makeSystem, type Tuned, type TunerMode } from '../../../planner/index.ts';
import type { Deployment } from '../../index.ts';
import { textOption, UsageError, type Arguments, type Command } from '../command.ts';
import { readWorkload } from '../workload-options.ts';
import type { Measured } from './deadlines.ts';
import type { Planned } from './plans.ts';

export const tunerOptions = { tuner: { type: 'string' } } as const satisfies Command['options'];

export const tunerHelp = `\
  --tuner MODE            scale: replicas follow the traffic, within the hardware file's limits and the cores of its
                          hosts, or else of this machine. replan: beside that a new plan is made and run where traffic
                          or service times have come away from what the plan was made for; it takes prices in
                          --hardware. off: neither. Both go with a plan that names a workload, and its --profile
                          (default: scale for such a plan, else off)
`;

const modes = ['off', 'scale', 'replan'] as const;

/** What a pipeline's tuner is made of. */
export interface Tuning extends Tuned {
  mode: TunerMode;
  /** A plan's groups as the engine runs them. */
  deploy(groups: readonly Group[]): Deployment;
}

/** Undefined: none is asked for. @throws UsageError */
function modeOption(args: Arguments): (typeof modes)[number] | undefined {
  const text = textOption(args, 'tuner');
  if (text === undefined) return undefined;
  const mode = modes.find(each => each === text);
  if (!mode) throw new UsageError(`--tuner takes ${modes.join(', ')}, not "${text}"`);
  return mode;
}

/**
 * What each pipeline's tuner is made of; null where it has none.
 *
 * @param planned of all pipelines
 * @throws UsageError where a tuner is asked for and something that it takes is missing; PipelineError or MillraceError
 *   for a plan's trace that is not there or has mistakes
 */
export async function readTuning(
  args: Arguments,
  planned: readonly Planned[],
): Promise<readonly (Tuning | null)[]> {
  const mode = modeOption(args);
  if (mode === 'off') return planned.map(() => null);
  if (mode && !planned.some(({ tunable }) => tunable))
    throw new UsageError(`--tuner ${mode} goes with --plan FILE`);
  return Promise.all(
    planned.map(async ({ tunable, plan, measured }): Promise<Tuning | null> => {
      if (!tunable || !plan) return null;
      const lack = lackOf(plan.workload !== undefined, measured, mode === 'replan');
      if (lack !== undefined && mode) throw new UsageError(`--tuner ${mode}: ${plan.pipeline}'s ${lack}`);
      if (lack !== undefined || !measured) return null;
      const { pipeline, hardware } = measured.system;
      const system = makeSystem(pipeline, measured.profiles, onThisMachine(hardware));
      if (!mode && !isCovered(system, plan.groups)) return null;
      deploy(system, plan.groups);
      const workload = await readWorkload({ positionals: [], values: {} }, plan);
      return {
        mode: mode ?? 'scale',
        system,
        profiles: measured.profiles,
        plan,
        planned: drawSamples(workload),
        deploy: tunable,
      };
    }),
  );
}

function lackOf(hasWorkload: boolean, measured: Measured | null, priced: boolean): string | undefined {
  if (!hasWorkload) return 'plan names no workload to compare the traffic with';
  if (!measured) return 'service times are not known: give --profile FILE';
  return priced ? lackOfPrices(measured.system) : undefined;
}

/** What planning anew lacks; undefined: nothing. */
export function lackOfPrices({ types, typeOf }: Tuned['system']): string | undefined {
  const unpriced = types.find(type => typeOf(type)?.price === undefined);
  if (unpriced === undefined) return undefined;
  return `hardware "${unpriced}" has no price to choose by: give --hardware FILE`;
}

function isCovered(system: Tuned['system'], groups: readonly Group[]): boolean {
  try {
    deploy(system, groups);
    return true;
  } catch (error) {
    if (error instanceof MillraceError) return false;
    throw error;
  }
}

/** Replicas run here: unless hosts are given, those on the processor share this machine's cores. */
function onThisMachine(hardware: Hardware): Hardware {
  if (Object.keys(hardware.hosts).length > 0) return hardware;
  const types = Object.entries(hardware.types).filter(([, { device }]) => device === 'cpu');
  const here = { cores: availableParallelism(), types: types.map(([name]) => name) };
  return { ...hardware, hosts: { here } };
}
