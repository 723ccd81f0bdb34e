import { mentionsIn } from './condition.ts';
import { pointer, type SourceFile, type Span } from './source.ts';
import type { Pipeline, Reference, Sources, Stage } from './types.ts';

/** A reference, and where it stands in the pipeline and in its file. */
export interface Place {
  reference: Reference;
  /** The stage that reads it; null for an output of the pipeline. */
  stage: Stage | null;
  role: 'input' | 'each' | 'when' | 'output';
  /** The input, item or output that it feeds; empty for a condition. */
  name: string;
  span: Span;
}

/** Every reference of a pipeline, in the file's order of stages, then the outputs. */
export function placesOf(pipeline: Pipeline, source: SourceFile): Place[] {
  return [
    ...pipeline.stages.flatMap(stage => placesOfStage(stage, source)),
    ...placesOfMap(pipeline.outputs, '/outputs', source, { stage: null, role: 'output' }),
  ];
}

function placesOfStage(stage: Stage, source: SourceFile): Place[] {
  const at = pointer('stages', stage.name);
  return [
    ...placesOfMap(stage.inputs, `${at}/inputs`, source, { stage, role: 'input' }),
    ...placesOfEach(stage, `${at}/each`, source),
    ...placesOfWhen(stage, `${at}/when`, source),
  ];
}

function placesOfMap(
  map: Readonly<Record<string, Sources>>,
  at: string,
  source: SourceFile,
  owner: Pick<Place, 'stage' | 'role'>,
): Place[] {
  return Object.entries(map).flatMap(([name, sources]) =>
    placesOfSources(sources, at + pointer(name), source, { ...owner, name }),
  );
}

function placesOfSources(
  sources: Sources,
  at: string,
  source: SourceFile,
  owner: Pick<Place, 'stage' | 'role' | 'name'>,
): Place[] {
  return sources.map((reference, index) => {
    const listed = at + pointer(index);
    return { ...owner, reference, span: source.spanOf(source.has(listed) ? listed : at) };
  });
}

function placesOfEach(stage: Stage, at: string, source: SourceFile): Place[] {
  if (!stage.each) return [];
  const sources = stage.each['item'];
  if (!sources) return placesOfMap(stage.each, at, source, { stage, role: 'each' });
  return placesOfSources(sources, at, source, { stage, role: 'each', name: 'item' });
}

function placesOfWhen(stage: Stage, at: string, source: SourceFile): Place[] {
  if (!stage.when) return [];
  const { expression } = stage.when;
  return mentionsIn(expression).flatMap(({ reference, span }) =>
    reference
      ? [{ reference, stage, role: 'when', name: '', span: source.within(at, expression, span) }]
      : [],
  );
}
