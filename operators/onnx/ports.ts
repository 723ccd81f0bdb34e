import type { Dimension, PortType, Ports } from '../contract.ts';
import { MillraceError } from '../errors.ts';
import { readModelMetadata, type ModelMetadata, type ModelPort } from './metadata.ts';
import type { OnnxParameters } from './parameters.ts';

function mistake(message: string): MillraceError {
  return Object.assign(new MillraceError('invalid-pipeline', message), { diagnostic: 'bad-parameter' });
}

function find(ports: readonly ModelPort[], name: string, parameter: string): ModelPort {
  const port = ports.find(candidate => candidate.name === name);
  if (port) return port;
  const known = ports.map(candidate => `"${candidate.name}"`).join(', ');
  throw mistake(`\`${parameter}\` names "${name}", which the model lacks; it has ${known}`);
}

/** A model port's type for one query: its shape less the batch axis, padded axes and unnamed sizes left open. */
function queryType(port: ModelPort, batchAxis: number, paddedAxis: number | undefined): PortType {
  if (!port.shape) return { datatype: port.datatype };
  if (batchAxis >= port.shape.length) {
    throw mistake(
      `the model's "${port.name}" has ${port.shape.length} axes, so its batch axis can't be ${batchAxis}; ` +
        `say which it is with \`axes\`, or make it one of the \`constants\``,
    );
  }
  const shape: Dimension[] = port.shape.map((size, axis) => (axis === paddedAxis ? -1 : size));
  shape.splice(batchAxis, 1);
  return { datatype: port.datatype, shape };
}

/** How many queries one call of the model takes: any number, or the size its file fixes. */
export function fixedBatch(model: ModelMetadata, params: OnnxParameters): number | null {
  const sizes = model.inputs
    .filter(port => !(port.name in (params.constants ?? {})))
    .map(port => port.shape?.[params.axes?.[port.name] ?? 0])
    .filter(size => typeof size === 'number' && size > 0) as number[];
  return sizes.length > 0 ? Math.min(...sizes) : null;
}

/** Ports of a stage that runs `model` with `params`. @throws MillraceError where parameters don't fit the model. */
export function portsOf(model: ModelMetadata, params: OnnxParameters): Ports {
  const { axes = {}, constants = {}, pad = {} } = params;
  for (const name of Object.keys(axes)) find([...model.inputs, ...model.outputs], name, 'axes');
  for (const name of Object.keys(constants)) find(model.inputs, name, 'constants');
  for (const [name, { axis }] of Object.entries(pad)) {
    const port = find(model.inputs, name, 'pad');
    if (axis >= (port.shape?.length ?? Infinity) || axis === (axes[name] ?? 0)) {
      throw mistake(`\`pad\` can't pad axis ${axis} of "${name}": it is the batch axis or beyond the last`);
    }
  }
  const batch = fixedBatch(model, params);
  if (batch !== null && batch > 1) {
    throw mistake(
      `the model takes exactly ${batch} queries at once; export it with a free batch axis, or of size 1`,
    );
  }
  const inputs = model.inputs
    .filter(port => !(port.name in constants))
    .map(port => [port.name, queryType(port, axes[port.name] ?? 0, pad[port.name]?.axis)] as const);
  const outputs = model.outputs.map(
    port => [port.name, queryType(port, axes[port.name] ?? 0, undefined)] as const,
  );
  return { inputs: Object.fromEntries(inputs), outputs: Object.fromEntries(outputs) };
}

/** Opens the model file for its metadata and gives the stage's ports. */
export async function readPorts(params: OnnxParameters): Promise<Ports> {
  return portsOf(await readModelMetadata(params.model), params);
}
