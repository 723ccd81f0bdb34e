/**
 * What an ONNX file says of its inputs and outputs, read straight from the protobuf (onnx.proto of the ONNX
 * project), so that a pipeline is checked without native code. Weights are skipped, not decoded.
 */
import { readFile } from 'node:fs/promises';
import { PbfReader } from 'pbf';
import type { Dimension } from '../contract.ts';
import type { Datatype } from '../datatype.ts';
import { MillraceError } from '../errors.ts';

/** A model's tensor, with every axis it has, the batch axis too. */
export interface ModelPort {
  name: string;
  datatype: Datatype;
  /** -1 where the model leaves a size open without naming it; null where it does not even say the rank. */
  shape: readonly Dimension[] | null;
}

export interface ModelMetadata {
  inputs: readonly ModelPort[];
  outputs: readonly ModelPort[];
}

/** TensorProto.DataType → ours. Other element types (complex, 4-bit, float8) have no Open Inference name. */
const elementTypes: Readonly<Record<number, Datatype>> = {
  1: 'FP32',
  2: 'UINT8',
  3: 'INT8',
  4: 'UINT16',
  5: 'INT16',
  6: 'INT32',
  7: 'INT64',
  8: 'BYTES',
  9: 'BOOL',
  10: 'FP16',
  11: 'FP64',
  12: 'UINT32',
  13: 'UINT64',
};

interface RawPort {
  name: string;
  elementType: number;
  shape: Dimension[] | null;
}

interface RawModel {
  irVersion: number;
  hasGraph: boolean;
  initializers: Set<string>;
  inputs: RawPort[];
  outputs: RawPort[];
}

function readDimension(pbf: PbfReader): Dimension {
  // TensorShapeProto.Dimension: 1 dim_value, 2 dim_param
  let dimension: Dimension = -1;
  pbf.readMessage(tag => {
    if (tag === 1) dimension = pbf.readVarint(true);
    else if (tag === 2) dimension = pbf.readString() || -1;
  }, null);
  return dimension;
}

function readPort(pbf: PbfReader): RawPort {
  const port: RawPort = { name: '', elementType: 0, shape: null };
  // ValueInfoProto: 1 name, 2 type; TypeProto: 1 tensor_type; Tensor: 1 elem_type, 2 shape; TensorShapeProto: 1 dim
  const readShape = (tag: number, shape: Dimension[]) => {
    if (tag === 1) shape.push(readDimension(pbf));
  };
  const readTensor = (tag: number) => {
    if (tag === 1) port.elementType = pbf.readVarint();
    else if (tag === 2) port.shape = pbf.readMessage<Dimension[]>(readShape, []);
  };
  const readType = (tag: number) => tag === 1 && pbf.readMessage(readTensor, null);
  pbf.readMessage(tag => {
    if (tag === 1) port.name = pbf.readString();
    else if (tag === 2) pbf.readMessage(readType, null);
  }, null);
  return port;
}

function readInitializerName(pbf: PbfReader, model: RawModel): void {
  // TensorProto: 8 name
  pbf.readMessage(tag => tag === 8 && model.initializers.add(pbf.readString()), null);
}

function readModel(data: Uint8Array): RawModel {
  const model: RawModel = { irVersion: 0, hasGraph: false, initializers: new Set(), inputs: [], outputs: [] };
  const pbf = new PbfReader(data);
  // GraphProto: 5 initializer, 11 input, 12 output
  const readGraph = (tag: number) => {
    if (tag === 5) readInitializerName(pbf, model);
    else if (tag === 11) model.inputs.push(readPort(pbf));
    else if (tag === 12) model.outputs.push(readPort(pbf));
  };
  // ModelProto: 1 ir_version, 7 graph
  pbf.readFields(tag => {
    if (tag === 1) model.irVersion = pbf.readVarint();
    else if (tag === 7) {
      model.hasGraph = true;
      pbf.readMessage(readGraph, null);
    }
  }, null);
  return model;
}

function notOnnx(file: string, why: string): MillraceError {
  return Object.assign(new MillraceError('invalid-pipeline', `${file} is not an ONNX model: ${why}`), {
    diagnostic: 'not-onnx',
  });
}

/**
 * Decodes a model's ports. Inputs that are only weights' names are left out, as are outputs that are no tensors
 * (scikit-learn's maps).
 * @throws MillraceError `invalid-pipeline` if `data` is no ONNX model, or an input's element type is not supported.
 */
export function parseModelMetadata(data: Uint8Array, file: string): ModelMetadata {
  let model: RawModel;
  try {
    model = readModel(data);
  } catch (error) {
    throw notOnnx(file, error instanceof Error ? error.message : String(error));
  }
  if (!model.hasGraph || model.irVersion < 1 || model.outputs.length === 0) {
    throw notOnnx(file, 'it holds no graph');
  }
  const inputs = model.inputs.filter(port => !model.initializers.has(port.name));
  const ports = (raw: RawPort[]) =>
    raw.flatMap(({ name, shape, elementType }) => {
      const datatype = elementTypes[elementType];
      return datatype ? [{ name, shape, datatype }] : [];
    });
  const odd = inputs.find(port => !elementTypes[port.elementType]);
  if (odd) throw notOnnx(file, `its input "${odd.name}" is of a type that pipelines have no name for`);
  return { inputs: ports(inputs), outputs: ports(model.outputs) };
}

/** Reads a model file's ports. @throws MillraceError as `parseModelMetadata`, or if the file can't be read. */
export async function readModelMetadata(file: string): Promise<ModelMetadata> {
  let data: Uint8Array;
  try {
    data = await readFile(file);
  } catch (error) {
    throw notOnnx(file, error instanceof Error ? error.message : String(error));
  }
  return parseModelMetadata(data, file);
}
