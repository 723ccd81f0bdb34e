import { fanOutsOf } from './graph.ts';
import type { Plan } from './plan.ts';
import { pointer, type SourceFile } from './source.ts';
import { nearest } from './suggest.ts';
import type { Pipeline } from './types.ts';

/** Checks that a plan is for a pipeline and has each of its stages in one group. Mistakes go to `source`. */
export function checkStages(plan: Plan, pipeline: Pipeline, source: SourceFile): void {
  if (plan.pipeline !== pipeline.name) {
    const message = `the plan is for pipeline "${plan.pipeline}", not "${pipeline.name}"`;
    source.mistake('wrong-pipeline', source.spanOf('/pipeline'), message);
    return;
  }
  const groupOf = placeStages(plan, pipeline, source);
  const missing = pipeline.stages.filter(({ name }) => !groupOf.has(name)).map(({ name }) => `"${name}"`);
  if (missing.length > 0) {
    const which = missing.length === 1 ? `stage ${missing[0]} is` : `stages ${missing.join(', ')} are`;
    source.mistake('unplaced-stage', source.keyOf('/groups'), `${which} in no group`);
  }
  checkScopes(plan, pipeline, source);
  checkGroupNames(plan, source);
}

/** Checks that every pool with a backlog waits for it: for no time at all would be as if it had none. */
export function checkBacklogs({ groups }: Plan, source: SourceFile): void {
  for (const [index, { pools }] of groups.entries()) {
    for (const [place, { backlog, maxWait }] of pools.entries()) {
      if (backlog === undefined || maxWait > 0) continue;
      const at = source.keyOf(pointer('groups', index, 'pools', place, 'backlog'));
      source.mistake('missing-key', at, '"backlog" needs a "max-wait" that says how long to wait for it');
    }
  }
}

/** The group that each stage is in. A misspelt stage counts as the one it probably means. */
function placeStages({ groups }: Plan, { stages }: Pipeline, source: SourceFile): Map<string, string> {
  const names = stages.map(({ name }) => name);
  const groupOf = new Map<string, string>();
  for (const [index, group] of groups.entries()) {
    for (const [place, name] of group.stages.entries()) {
      const at = source.spanOf(pointer('groups', index, 'stages', place));
      if (!names.includes(name)) {
        const meant = nearest(name, names);
        source.mistake('unknown-stage', at, `the pipeline has no stage "${name}"`, meant);
        if (meant !== undefined && !groupOf.has(meant)) groupOf.set(meant, group.name);
      } else if (groupOf.has(name)) {
        source.mistake('repeated-stage', at, `stage "${name}" is in group "${groupOf.get(name)}" already`);
      } else {
        groupOf.set(name, group.name);
      }
    }
  }
  return groupOf;
}

function checkScopes({ groups }: Plan, pipeline: Pipeline, source: SourceFile): void {
  const fanOuts = fanOutsOf(pipeline);
  for (const [index, { stages }] of groups.entries()) {
    const known = stages.filter(name => fanOuts.has(name));
    const odd = known.find(name => fanOuts.get(name) !== fanOuts.get(known[0]!));
    if (odd === undefined) continue;
    const at = source.spanOf(pointer('groups', index, 'stages', stages.indexOf(odd)));
    const message = `stage "${odd}" runs ${runs(fanOuts.get(odd))}, but "${known[0]}" ${runs(fanOuts.get(known[0]!))}`;
    source.mistake('mixed-scopes', at, message);
  }
}

function runs(fanOut: string | null | undefined): string {
  return fanOut ? `per item of ${fanOut}` : 'once per query';
}

function checkGroupNames({ groups }: Plan, source: SourceFile): void {
  for (const [index, { name }] of groups.entries()) {
    if (
      groups.findIndex(group => group.name === name) === index ||
      !source.has(pointer('groups', index, 'name'))
    )
      continue;
    source.mistake(
      'duplicate-key',
      source.spanOf(pointer('groups', index, 'name')),
      `another group is called "${name}"`,
    );
  }
}
