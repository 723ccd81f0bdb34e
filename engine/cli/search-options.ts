/** `--budget`, `--space` and `--max-replicas`, read into how a plan is searched for. */
import { parseDuration } from '../../operators/index.ts';
import { nearest } from '../../pipelines/index.ts';
import type { SearchOptions } from '../../planner/index.ts';
import { countOption, textOption, UsageError, type Arguments, type Command } from './command.ts';

const defaultBudget = '30 s';
const defaultMost = 64;
/** What a plan file takes. */
const mostReplicas = 100_000;

/** What each space has beside one pool per stage. */
const spaces: Readonly<Record<string, Pick<SearchOptions, 'mixed' | 'fusion'>>> = {
  'single-pool': { mixed: false, fusion: false },
  mixed: { mixed: true, fusion: false },
  fused: { mixed: false, fusion: true },
  all: { mixed: true, fusion: true },
};

export const searchOptions = {
  budget: { type: 'string' },
  space: { type: 'string' },
  'max-replicas': { type: 'string' },
} as const satisfies Command['options'];

export const searchHelp = `\
  --budget "30 s"     time the search may take (default ${defaultBudget}); it ends sooner with a proof
  --space SPACE       what plans may have: single-pool, one pool per stage; mixed, pools of different hardware within a
                      group; fused, neighbouring stages that share replicas; all (default)
  --max-replicas N    most replicas of one pool (default ${defaultMost})
`;

/** @throws UsageError for a value that makes no sense */
export function readSearchOptions(
  args: Arguments,
): Pick<SearchOptions, 'budget' | 'mixed' | 'fusion' | 'most'> {
  const text = textOption(args, 'budget') ?? defaultBudget;
  const budget = parseDuration(text) ?? 0;
  if (!(budget > 0)) {
    const hint = /^[\d.]+$/.test(text) ? `; did you mean "${text} s"?` : '';
    throw new UsageError(`--budget takes a duration such as "30 s", not "${text}"${hint}`);
  }
  const name = textOption(args, 'space') ?? 'all';
  const space = Object.hasOwn(spaces, name) ? spaces[name] : undefined;
  if (!space) {
    const guess = nearest(name, Object.keys(spaces));
    const hint =
      guess === undefined ? `; there are ${Object.keys(spaces).join(', ')}` : `; did you mean "${guess}"?`;
    throw new UsageError(`there is no space "${name}"${hint}`);
  }
  return { budget, ...space, most: maxReplicasOption(args) };
}

/** @throws UsageError for a value that makes no sense */
export function maxReplicasOption(args: Arguments): number {
  const most = countOption(args, 'max-replicas', defaultMost);
  if (most <= mostReplicas) return most;
  throw new UsageError(`--max-replicas takes at most ${mostReplicas}, not ${most}`);
}
