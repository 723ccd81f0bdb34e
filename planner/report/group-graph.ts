/** Where the boxes of a plan's groups stand, and the lines between them. */
import { graphOf, type Pipeline } from '../../pipelines/index.ts';
import type { GroupEstimate } from '../estimate.ts';

export interface Box {
  group: GroupEstimate;
  /** Corner at the top left, in pixels. */
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Line {
  /** From one group to another, in pixels; at least two. */
  points: readonly { x: number; y: number }[];
}

export interface Layout {
  width: number;
  height: number;
  boxes: readonly Box[];
  lines: readonly Line[];
}

/** Which groups feed which, by number; each pair once. */
export function groupEdges(
  pipeline: Pipeline,
  groups: readonly { stages: readonly string[] }[],
): [number, number][] {
  const groupOf = new Map(groups.flatMap(({ stages }, g) => stages.map(stage => [stage, g] as const)));
  const found = new Map<string, [number, number]>();
  for (const { v, w } of graphOf(pipeline).edges()) {
    const from = groupOf.get(v);
    const to = groupOf.get(w);
    if (from !== undefined && to !== undefined && from !== to) found.set(`${from} ${to}`, [from, to]);
  }
  return [...found.values()];
}

/**
 * Lays the groups of a plan out in layers, each after those it reads.
 *
 * @param sizeOf pixels of a group's box
 * @param direction in which queries go
 */
export async function layOut(
  pipeline: Pipeline,
  groups: readonly GroupEstimate[],
  sizeOf: (group: GroupEstimate) => { width: number; height: number },
  direction: 'right' | 'down',
): Promise<Layout> {
  const { Graph, layout } = await import('@dagrejs/dagre');
  const graph = new Graph();
  graph.setGraph({
    rankdir: direction === 'right' ? 'LR' : 'TB',
    nodesep: 20,
    ranksep: 34,
    marginx: 2,
    marginy: 2,
  });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const [g, group] of groups.entries()) graph.setNode(String(g), sizeOf(group));
  const edges = groupEdges(pipeline, groups);
  for (const [from, to] of edges) graph.setEdge(String(from), String(to));
  layout(graph);
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
  return {
    width: Math.ceil(width),
    height: Math.ceil(height),
    boxes: groups.map((group, g) => {
      // The layout has the middles of boxes.
      const { x, y, width, height } = graph.node(String(g)) as {
        x: number;
        y: number;
        width: number;
        height: number;
      };
      return { group, x: x - width / 2, y: y - height / 2, width, height };
    }),
    lines: edges.map(([from, to]) => ({ points: (graph.edge(String(from), String(to)) as Line).points })),
  };
}
