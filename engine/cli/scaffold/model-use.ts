/** How a model is to be used in a pipeline: what a query brings and gets, and the parameters of the `onnx` stage. */
import {
  MillraceError,
  sizeOf,
  type Datatype,
  type Dimension,
  type ModelMetadata,
} from '../../../operators/index.ts';
import { batchAxes } from './batch-axes.ts';
import { fileSize } from './dimensions.ts';
import { pipelineNames } from './names.ts';
import { rankedModel, type RankedPort } from './ranked-model.ts';
import { statePairs } from './state-pairs.ts';

/** A value that is the same for every query; nested lists where the model wants several. */
type Constant = number | boolean | string | readonly Constant[];

/** A port of the model that a query brings or gets. */
export interface UsedPort {
  /** Its name in the pipeline. */
  name: string;
  /** The model's name of it. */
  port: string;
  datatype: Datatype;
  /** Of one query. */
  shape: readonly Dimension[];
}

export interface ModelUse {
  inputs: readonly UsedPort[];
  outputs: readonly UsedPort[];
  /** Batch axes that are not the first, by the model's names. */
  axes: Readonly<Record<string, number>>;
  constants: Readonly<Record<string, Constant>>;
  /** Input → output that is its next value. */
  state: Readonly<Record<string, string>>;
}

/** Most elements of a constant that is written out; more of them are no setting but data. */
const mostConstants = 64;

const likely: readonly [RegExp, number][] = [
  [/^sr$|sampl\w*_?rate/i, 16_000],
  [/thresh|score|conf|iou/i, 0.5],
];

function constantFor({ name, datatype, shape }: RankedPort): Constant {
  const [, number = 1] = likely.find(([pattern]) => pattern.test(name)) ?? [];
  const element = datatype === 'BYTES' ? '' : datatype === 'BOOL' ? false : number;
  return (shape as readonly number[]).reduceRight<Constant>(
    (value, size) => Array.from({ length: size }, () => value),
    element,
  );
}

function unusable(port: string, shape: readonly Dimension[], reason: string): MillraceError {
  const sizes = shape.map(size => (size === -1 ? '?' : size)).join(', ');
  return new MillraceError('invalid-pipeline', `the model's ${port} is of shape [${sizes}]: ${reason}`);
}

function usedPorts(
  ports: readonly RankedPort[],
  kind: string,
  axes: ReadonlyMap<string, number | null>,
): UsedPort[] {
  const names = pipelineNames(
    ports.map(({ name }) => name),
    kind,
  );
  return ports.map(({ name, datatype, shape }) => ({
    name: names.get(name)!,
    port: name,
    datatype,
    shape: shape.toSpliced(axes.get(name)!, 1).map(fileSize),
  }));
}

/**
 * Decides how a model is used. Inputs without axes become constants, what looks like a recurrent state becomes state.
 * @throws MillraceError `invalid-pipeline` for a model that can't be given one query at a time
 */
export function modelUse(metadata: ModelMetadata): ModelUse {
  const model = rankedModel(metadata);
  const state = statePairs(model.inputs, model.outputs);
  const axes = batchAxes(model, state);
  const first = model.inputs.find(({ shape }) => shape.length > 0) ?? model.inputs[0];
  if (!first)
    throw new MillraceError('invalid-pipeline', 'the model has no inputs, so there is nothing to ask it');
  if (!axes) {
    const batch = first.shape[0] ?? 'no';
    const reason = `it takes ${batch} at once; export it with a first axis that is free, or of size 1`;
    throw unusable(`input "${first.name}"`, first.shape, first.shape.length > 0 ? reason : scalar);
  }
  for (const { name, shape } of model.outputs) {
    if (axes.get(name) !== null) continue;
    const reason =
      'no axis of it is the batch, so no query could be given its part; export it with a free first axis';
    throw unusable(`output "${name}"`, shape, shape.length > 0 ? reason : scalar);
  }
  const isConstant = ({ name }: RankedPort) => axes.get(name) === null;
  const constants = model.inputs.filter(isConstant);
  const large = constants.find(({ shape }) => sizeOf(shape as number[]) > mostConstants);
  if (large) {
    const reason = `it takes ${large.shape[0]} at once; export it with a first axis that is free, or of size 1`;
    throw unusable(`input "${large.name}"`, large.shape, reason);
  }
  const inputs = model.inputs.filter(port => !isConstant(port) && !state.has(port.name));
  const next = new Set(state.values());
  return {
    inputs: usedPorts(inputs, 'input', axes),
    outputs: usedPorts(
      model.outputs.filter(({ name }) => !next.has(name)),
      'output',
      axes,
    ),
    axes: Object.fromEntries([...axes].filter((entry): entry is [string, number] => (entry[1] ?? 0) > 0)),
    constants: Object.fromEntries(constants.map(port => [port.name, constantFor(port)])),
    state: Object.fromEntries(state),
  };
}

const scalar = 'it has no axes, so no batch; export it with a free first axis, and with its shape inferred';
