import type { PortType, Ports } from '../operators/index.ts';
import { checkConditions } from './condition-check.ts';
import { hasErrors, type DiagnosticCode } from './diagnostic.ts';
import { connectStage } from './connect.ts';
import { OperatorLookup, OperatorMistake, type Catalogue, type FoundOperator } from './operator-lookup.ts';
import { bindParams } from './params.ts';
import { checkPorts, namesOfOutputs } from './port-names.ts';
import { PortTypes } from './port-types.ts';
import type { Resolution } from './resolve.ts';
import { pointer, type SourceFile, type Span } from './source.ts';
import type { Draft } from './structure.ts';
import type { BoundPipeline, BoundStage, Pipeline, Stage } from './types.ts';

/** A stage's operator with its parameters. */
export interface Binding {
  found: FoundOperator;
  params: BoundStage['params'];
  ports: Ports;
}

/**
 * Looks up the operators of a pipeline, whose stages are in a topological order, and checks its edges. Stages that
 * can't be bound leave their edges unchecked. Mistakes go to the draft's source; undefined if there are any.
 */
export async function bind(
  draft: Draft,
  pipeline: Pipeline,
  resolution: Resolution,
  catalogue?: Catalogue,
): Promise<BoundPipeline | undefined> {
  const lookup = new OperatorLookup(pipeline.directory, catalogue);
  try {
    const bound = await Promise.all(
      pipeline.stages.map(async stage => [stage.name, await bindOperator(stage, draft, lookup)] as const),
    );
    return connect(draft, pipeline, resolution, new Map(bound));
  } finally {
    await lookup.close();
  }
}

async function bindOperator(stage: Stage, draft: Draft, lookup: OperatorLookup): Promise<Binding | null> {
  const { source, usable } = draft;
  const at = pointer('stages', stage.name);
  if (stage.operator === '' || !usable(`${at}/operator`)) return null;
  try {
    const found = await lookup.find(stage.operator);
    if (!usable(`${at}/params`)) return null;
    const params = bindParams(source, stage.name, stage.params, found.params, draft.pipeline.directory);
    return params && { found, params, ports: await found.ports(params) };
  } catch (error) {
    if (!(error instanceof OperatorMistake)) throw error;
    source.mistake(error.code, placeOf(error.code, at, source), error.message, error.suggestion);
    return null;
  }
}

/** What the operator itself says of its parameters is shown there. */
function placeOf(code: DiagnosticCode, at: string, source: SourceFile): Span {
  if (code === 'not-onnx') return source.spanOf(`${at}/params/model`);
  return code === 'bad-parameter' ? source.keyOf(`${at}/params`) : source.spanOf(`${at}/operator`);
}

function connect(
  draft: Draft,
  pipeline: Pipeline,
  { places }: Resolution,
  bindings: ReadonlyMap<string, Binding | null>,
): BoundPipeline | undefined {
  const { source } = draft;
  const types = new PortTypes(pipeline);
  for (const stage of pipeline.stages) {
    const binding = bindings.get(stage.name);
    if (binding) types.declare(stage.name, namesOfOutputs(stage, binding.ports, draft));
  }
  const sound = checkPorts(places, types, pipeline, source);
  const stages = pipeline.stages.map((stage): BoundStage | null => {
    const binding = bindings.get(stage.name);
    if (!binding) return null;
    const mine = sound.filter(place => place.stage?.name === stage.name);
    const outputs = connectStage({ stage, ports: binding.ports, places: mine, types, draft });
    const { code, cost } = binding.found;
    return { ...stage, params: binding.params, code, cost, ports: { inputs: binding.ports.inputs, outputs } };
  });
  for (const { reference, stage, role, span } of sound) {
    if (role === 'when' || role === 'output') types.checkNesting(reference, stage, span, source);
  }
  const outputTypes = Object.entries(pipeline.outputs).map(([name, sources]): [string, PortType] => [
    name,
    types.ofSources(sources, null) ?? { datatype: 'ANY' },
  ]);
  checkConditions(source, pipeline, (reference, stage) => types.of(reference, types.stage(stage)));
  if (hasErrors(source.diagnostics)) return undefined;
  return {
    ...pipeline,
    stages: stages.filter(stage => stage !== null),
    outputTypes: Object.fromEntries(outputTypes),
  };
}
