/** The DAG as it is deployed: a box for each group, its stages, its replicas and what waits. */
import { Graph as Layered, layout } from '@dagrejs/dagre';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { duration } from './format.ts';
import type { GroupStatus, PipelineStatus, PoolStatus, StageStatus } from './status.ts';

const box = { width: 216, padding: 18, stage: 20, pool: 25 };
const narrow = '(max-width: 760px)';

interface Place {
  x: number;
  y: number;
  width: number;
  height: number;
}

interface Layout {
  width: number;
  height: number;
  places: ReadonlyMap<string, Place>;
  lines: readonly (readonly { x: number; y: number }[])[];
}

function heightOf({ stages, pools }: GroupStatus): number {
  return box.padding + box.stage * stages.length + box.pool * pools.length;
}

function layOut(groups: readonly GroupStatus[], edges: PipelineStatus['edges'], down: boolean): Layout {
  const graph = new Layered();
  graph.setGraph({ rankdir: down ? 'TB' : 'LR', nodesep: 18, ranksep: 34, marginx: 4, marginy: 4 });
  graph.setDefaultEdgeLabel(() => ({}));
  const groupOf = new Map(groups.flatMap(({ name, stages }) => stages.map(stage => [stage, name] as const)));
  for (const group of groups) graph.setNode(group.name, { width: box.width, height: heightOf(group) });
  for (const { from, to } of edges) {
    const [a, b] = [from, to].map(stage => (stage === null ? undefined : groupOf.get(stage)));
    if (a !== undefined && b !== undefined && a !== b) graph.setEdge(a, b);
  }
  layout(graph);
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
  const places = groups.map(({ name }): [string, Place] => {
    const { x, y, width, height } = graph.node(name) as Place;
    return [name, { x: x - width / 2, y: y - height / 2, width, height }];
  });
  const lines = graph
    .edges()
    .map(edge => (graph.edge(edge) as { points: { x: number; y: number }[] }).points);
  return { width, height, places: new Map(places), lines };
}

function useIsNarrow(): boolean {
  const [is, set] = useState(() => matchMedia(narrow).matches);
  useEffect(() => {
    const query = matchMedia(narrow);
    const changed = () => set(query.matches);
    query.addEventListener('change', changed);
    return () => query.removeEventListener('change', changed);
  }, []);
  return is;
}

function Stage({ stage }: { stage: StageStatus }) {
  const { service } = stage.recent;
  return (
    <div
      class="stage"
      title={`${stage.name}: ${stage.operator}${stage.scope === 'item' ? ', once per item' : ''}`}
    >
      <b>
        {stage.name}
        {stage.scope === 'item' ? ' ×n' : ''}
      </b>
      <span title="service time, median and p99">
        {service.p50 === null ? '' : `${duration(service.p50)} / ${duration(service.p99)}`}
      </span>
    </div>
  );
}

function Pool({ pool, waiting }: { pool: PoolStatus; waiting: number | null }) {
  const replicas = Array.from({ length: pool.idle + pool.busy }, (_, index) => index < pool.busy);
  return (
    <div
      class="pool"
      title={`${pool.busy} of ${replicas.length} replicas busy, batches of up to ${pool.batch}`}
    >
      {replicas.map(busy => (
        <span class={busy ? 'replica on' : 'replica'} />
      ))}
      {pool.hardware} · batch {pool.batch}
      {waiting !== null && waiting > 0 && (
        <span class="waiting" title="items that wait">
          {waiting} wait
        </span>
      )}
    </div>
  );
}

function Group({
  group,
  stages,
  place,
}: {
  group: GroupStatus;
  stages: readonly StageStatus[];
  place: Place;
}) {
  const busy = group.pools.some(pool => pool.busy > 0);
  const { x, y, width, height } = place;
  return (
    <div
      class={busy ? 'group busy' : 'group'}
      style={{ left: `${x}px`, top: `${y}px`, width: `${width}px`, height: `${height}px` }}
    >
      {stages.map(stage => (
        <Stage key={stage.name} stage={stage} />
      ))}
      {group.pools.map((pool, index) => (
        <Pool key={index} pool={pool} waiting={index === 0 ? group.waiting : null} />
      ))}
    </div>
  );
}

/** A smooth way through points. */
function pathOf(points: readonly { x: number; y: number }[]): string {
  const at = ({ x, y }: { x: number; y: number }) => `${x.toFixed(1)},${y.toFixed(1)}`;
  const [first, ...rest] = points;
  const bends = rest.slice(0, -1).map((point, index) => {
    const next = rest[index + 1]!;
    const end = index === rest.length - 2 ? next : { x: (point.x + next.x) / 2, y: (point.y + next.y) / 2 };
    return `Q${at(point)} ${at(end)}`;
  });
  return `M${at(first!)}${bends.length > 0 ? bends.join('') : `L${at(rest[0]!)}`}`;
}

export function Graph({ pipeline }: { pipeline: PipelineStatus }) {
  const { groups, stages, edges } = pipeline;
  const isNarrow = useIsNarrow();
  // Only what is deployed moves the boxes, not what is busy.
  const shape = JSON.stringify([
    groups.map(({ name, stages, pools }) => [name, stages, pools.length]),
    edges,
  ]);
  const placed = useMemo(() => {
    const right = layOut(groups, edges, false);
    return isNarrow || right.width > 1120 ? layOut(groups, edges, true) : right;
  }, [shape, isNarrow]);
  const { width, height, places, lines } = placed;
  return (
    <div class="scroll">
      <div class="graph" style={{ width: `${width}px`, height: `${height}px` }}>
        <svg width={width} height={height} aria-hidden="true">
          <defs>
            <marker
              id="arrow"
              viewBox="0 0 8 8"
              refX="7"
              refY="4"
              markerWidth="7"
              markerHeight="7"
              orient="auto"
            >
              <path d="M0,0.5L8,4L0,7.5Z" fill="var(--muted)" />
            </marker>
          </defs>
          {lines.map(points => (
            <path
              d={pathOf(points)}
              fill="none"
              stroke="var(--muted)"
              stroke-width="1.4"
              marker-end="url(#arrow)"
            />
          ))}
        </svg>
        {groups.map(group => {
          const place = places.get(group.name);
          const own = stages.filter(({ name }) => group.stages.includes(name));
          return place && <Group key={group.name} group={group} stages={own} place={place} />;
        })}
      </div>
    </div>
  );
}
