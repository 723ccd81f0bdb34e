/** The edges of a pipeline's drawing: what stages read of inputs and of each other, and outputs of stages. */
import { graphOf, referencesOf, type BoundPipeline } from '../../../pipelines/index.ts';
import type { Edge } from './status.ts';

const known = new WeakMap<BoundPipeline, Edge[]>();

export function edgesOf(pipeline: BoundPipeline): Edge[] {
  const edges = known.get(pipeline) ?? findEdges(pipeline);
  known.set(pipeline, edges);
  return edges;
}

function findEdges(pipeline: BoundPipeline): Edge[] {
  const fromInputs = pipeline.stages.flatMap(stage => {
    const read = referencesOf(stage).flatMap(one => (one.kind === 'input' ? [one.name] : []));
    return read.length === 0 ? [] : [{ from: null, to: stage.name, ports: [...new Set(read)] }];
  });
  const graph = graphOf(pipeline);
  const between = graph.edges().map(({ v, w }) => ({ from: v, to: w, ports: graph.edge(v, w)!.ports }));
  const toOutputs = pipeline.stages.flatMap(({ name }) => {
    const sources = Object.values(pipeline.outputs).flat();
    const read = sources.flatMap(one => (one.kind === 'port' && one.stage === name ? [one.port] : []));
    return read.length === 0 ? [] : [{ from: name, to: null, ports: [...new Set(read)] }];
  });
  return [...fromInputs, ...between, ...toOutputs];
}
