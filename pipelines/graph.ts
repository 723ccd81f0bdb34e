import { Graph, alg } from '@dagrejs/graphlib';
import { formatReference } from './reference.ts';
import type { Pipeline, Reference, Stage } from './types.ts';

/** What a graph knows of a stage. */
export interface StageNode {
  scope: 'query' | 'item';
}

/** What a graph knows of the edges from one stage to another. */
export interface StageEdge {
  /** Outputs of the one that the other reads. */
  ports: string[];
}

/** A pipeline's stages, with an edge wherever one reads an output of another. */
export type StageGraph = Graph<string, StageNode, StageEdge>;

/** Whether a stage runs once per query, or once per item of a list. */
function scopeOf(stage: Stage): 'query' | 'item' {
  return stage.each ? 'item' : 'query';
}

/** Everything that a stage reads, under `inputs`, `each` and `when`. */
export function referencesOf(stage: Stage): Reference[] {
  return [
    ...Object.values(stage.inputs).flat(),
    ...Object.values(stage.each ?? {}).flat(),
    ...(stage.when?.references ?? []),
  ];
}

/** The graph of a pipeline. References to stages that are not there are left out. */
export function graphOf(pipeline: Pick<Pipeline, 'stages'>): StageGraph {
  const graph: StageGraph = new Graph({ directed: true });
  for (const stage of pipeline.stages) graph.setNode(stage.name, { scope: scopeOf(stage) });
  const names = new Set(graph.nodes());
  for (const stage of pipeline.stages) {
    for (const reference of referencesOf(stage)) {
      if (reference.kind !== 'port' || !names.has(reference.stage)) continue;
      const edge = graph.edge(reference.stage, stage.name) as StageEdge | undefined;
      const ports = new Set([...(edge?.ports ?? []), reference.port]);
      graph.setEdge(reference.stage, stage.name, { ports: [...ports] });
    }
  }
  return graph;
}

/** Names of the stages, each after those it reads; ties in the order given. Stages of a cycle are left out. */
export function topologicalOrder(graph: StageGraph): string[] {
  const waiting = new Map(graph.nodes().map(name => [name, graph.predecessors(name)?.length ?? 0]));
  const order: string[] = [];
  for (;;) {
    const next = [...waiting].find(([, missing]) => missing === 0);
    if (!next) return order;
    waiting.delete(next[0]);
    order.push(next[0]);
    for (const name of graph.successors(next[0]) ?? []) waiting.set(name, waiting.get(name)! - 1);
  }
}

/** One way round each set of stages that wait for each other: `['a', 'b']` where a feeds b and b feeds a. */
export function cyclesOf(graph: StageGraph): string[][] {
  const place = new Map(graph.nodes().map((name, index) => [name, index]));
  return alg.findCycles(graph).map(component => {
    const start = component.toSorted((a, b) => place.get(a)! - place.get(b)!)[0]!;
    return shortestWayRound(graph, start);
  });
}

function shortestWayRound(graph: StageGraph, start: string): string[] {
  const cameFrom = new Map<string, string>();
  const queue = [start];
  for (const stage of queue) {
    for (const next of graph.successors(stage) ?? []) {
      if (next === start) return wayTo(stage, start, cameFrom);
      if (cameFrom.has(next)) continue;
      cameFrom.set(next, stage);
      queue.push(next);
    }
  }
  return [start];
}

function wayTo(end: string, start: string, cameFrom: ReadonlyMap<string, string>): string[] {
  const way = [end];
  while (way[0] !== start) way.unshift(cameFrom.get(way[0]!)!);
  return way;
}

/** All stages that something leads from to one of `stages`, those included. */
export function ancestorsOf(graph: StageGraph, stages: Iterable<string>): Set<string> {
  const found = new Set<string>();
  const names = new Set(graph.nodes());
  const open = [...stages].filter(name => names.has(name));
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (found.has(name)) continue;
    found.add(name);
    open.push(...(graph.predecessors(name) ?? []));
  }
  return found;
}

/**
 * The fan-out that each stage belongs to: the lists whose items it runs on, as `crop.crops`, joined by ` + ` where
 * several are zipped, by this stage or another; null for a stage that runs once per query. A stage over another
 * per-item stage's output runs on that stage's items. Stages must be in a topological order.
 */
export function fanOutsOf(pipeline: Pick<Pipeline, 'stages'>): Map<string, string | null> {
  const lists = new Map<string, Set<string>>();
  for (const { name, each } of pipeline.stages) {
    if (!each) continue;
    const roots = new Set<string>();
    for (const reference of Object.values(each).flat()) {
      const inner = reference.kind === 'port' ? lists.get(reference.stage) : undefined;
      for (const list of inner ?? [formatReference(reference)]) roots.add(list);
    }
    lists.set(name, roots);
  }
  // Lists that one `each` zips are joined by index, and so are those joined with them elsewhere.
  const joined: Set<string>[] = [];
  for (const roots of lists.values()) {
    const [first, ...others] = joined.filter(known => meets(known, roots));
    const all = first ?? new Set<string>();
    if (!first) joined.push(all);
    for (const root of [...roots, ...others.flatMap(other => [...other])]) all.add(root);
    for (const other of others) joined.splice(joined.indexOf(other), 1);
  }
  return new Map(
    pipeline.stages.map(({ name }) => {
      const roots = lists.get(name);
      const whole = roots && joined.find(known => meets(known, roots))!;
      return [name, whole ? [...whole].toSorted().join(' + ') : null];
    }),
  );
}

function meets(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return [...a].some(one => b.has(one));
}
