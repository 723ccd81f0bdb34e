import { ancestorsOf, cyclesOf, graphOf, topologicalOrder } from './graph.ts';
import { pointer } from './source.ts';
import type { Resolution } from './resolve.ts';
import type { Draft } from './structure.ts';
import type { Stage } from './types.ts';

/** Checks that the stages form a DAG that leads to the outputs. Gives them in a topological order, if they do. */
export function checkGraph(draft: Draft, resolution: Resolution): readonly Stage[] {
  const { pipeline } = draft;
  const graph = graphOf(pipeline);
  for (const cycle of cyclesOf(graph)) reportCycle(cycle, draft, resolution);
  reportUnused(draft, resolution, graph);
  const stages = new Map(pipeline.stages.map(stage => [stage.name, stage]));
  const order = topologicalOrder(graph);
  const ordered = new Set(order);
  // Stages of a cycle come last: they are checked for what else is wrong with them.
  return [
    ...order.map(name => stages.get(name)!),
    ...pipeline.stages.filter(({ name }) => !ordered.has(name)),
  ];
}

function reportCycle(cycle: readonly string[], { source }: Draft, { places }: Resolution): void {
  const [first] = cycle;
  const place = places.find(
    ({ stage, reference }) =>
      stage?.name === first && reference.kind === 'port' && reference.stage === cycle.at(-1),
  );
  const path = [...cycle, first].join(' → ');
  const message =
    cycle.length === 1 ? `stage "${first}" waits for itself: ${path}` : `stages wait for each other: ${path}`;
  source.mistake('cycle', place?.span ?? source.keyOf(pointer('stages', first!)), message);
}

/** Reports stages and inputs that lead to no output, where mistakes elsewhere can't be the reason. */
function reportUnused(draft: Draft, resolution: Resolution, graph: ReturnType<typeof graphOf>): void {
  const { source, pipeline, usable } = draft;
  const wired = pipeline.stages.flatMap(({ name }) =>
    ['inputs', 'each', 'when'].map(key => pointer('stages', name, key)),
  );
  const unread = pipeline.stages.some(
    ({ name, when }) => !when && source.has(pointer('stages', name, 'when')),
  );
  const known = !unread && [...wired, '/outputs'].every(usable) && Object.keys(pipeline.outputs).length > 0;
  if (resolution.open || !known || draft.stageNames.size > pipeline.stages.length) return;
  const ends = resolution.places.flatMap(({ role, reference }) =>
    role === 'output' && reference.kind === 'port' ? [reference.stage] : [],
  );
  const used = ancestorsOf(graph, [...ends, ...resolution.meant]);
  for (const { name } of pipeline.stages) {
    if (used.has(name)) continue;
    source.mistake(
      'unused-stage',
      source.keyOf(pointer('stages', name)),
      `nothing leads from stage "${name}" to an output`,
    );
  }
  const read = new Set(
    resolution.places.flatMap(({ reference }) => (reference.kind === 'input' ? [reference.name] : [])),
  );
  for (const name of draft.inputNames) {
    if (read.has(name) || resolution.meant.has(name)) continue;
    source.mistake('unused-input', source.keyOf(pointer('inputs', name)), `nothing reads input "${name}"`);
  }
}
