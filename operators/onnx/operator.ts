import type { Tensor as SessionTensor } from 'onnxruntime-node';
import type { Device, Item, Operator, Outputs, Runner, Site } from '../contract.ts';
import { fromPlain } from '../codec.ts';
import type { Datatype, NumericDatatype } from '../datatype.ts';
import { MillraceError } from '../errors.ts';
import { bytes, texts, type BytesTensor, type NumericTensor, type Tensor } from '../tensor.ts';
import { readModelMetadata, type ModelMetadata, type ModelPort } from './metadata.ts';
import { parameters, type OnnxParameters } from './parameters.ts';
import { fixedBatch, readPorts } from './ports.ts';
import { createSession, type Runtime } from './session.ts';
import { Sessions, sessionsFor } from './sessions.ts';
import { filledUp, paddedSize } from './shapes.ts';
import { stack, stackBytes, unstack, type Padding } from './stack.ts';

/** Our datatypes and ONNX Runtime's names of them. */
const sessionTypes: Readonly<Record<Datatype, SessionTensor.Type>> = {
  BOOL: 'bool',
  UINT8: 'uint8',
  UINT16: 'uint16',
  UINT32: 'uint32',
  UINT64: 'uint64',
  INT8: 'int8',
  INT16: 'int16',
  INT32: 'int32',
  INT64: 'int64',
  FP16: 'float16',
  FP32: 'float32',
  FP64: 'float64',
  BYTES: 'string',
};
const datatypesBySession = new Map(
  Object.entries(sessionTypes).map(([ours, theirs]) => [theirs, ours as Datatype]),
);

const encoder = new TextEncoder();

/** A constant as the model wants it; a model's [1] may be written as a bare number. */
function constantTensor({ datatype, shape }: ModelPort, value: unknown): Tensor {
  const constant = fromPlain(value, { datatype, shape: [-1] });
  const missing = Math.max(0, (shape?.length ?? 0) - constant.shape.length);
  return { ...constant, shape: [...Array.from({ length: missing }, () => 1), ...constant.shape] };
}

/** Runs one model; scratch memory for stacking is kept between batches, one per input. */
class ModelRunner implements Runner {
  readonly #runtime: Runtime;
  readonly #sessions: Sessions;
  readonly #metadata: ModelMetadata;
  readonly #params: OnnxParameters;
  readonly #device: Device;
  readonly #constants: Record<string, SessionTensor>;
  readonly #scratch = new Map<string, ArrayBuffer>();
  readonly #inputs: readonly ModelPort[];
  /** Outputs that are tensors; a model may have others. */
  readonly #fetches: readonly string[];

  constructor(
    runtime: Runtime,
    sessions: Sessions,
    metadata: ModelMetadata,
    params: OnnxParameters,
    device: Device,
  ) {
    this.#runtime = runtime;
    this.#sessions = sessions;
    this.#metadata = metadata;
    this.#params = params;
    this.#device = device;
    this.#fetches = metadata.outputs.map(({ name }) => name);
    const constants = params.constants ?? {};
    this.#inputs = metadata.inputs.filter(port => !(port.name in constants));
    this.#constants = Object.fromEntries(
      metadata.inputs
        .filter(port => port.name in constants)
        .map(port => [port.name, this.#toSession(constantTensor(port, constants[port.name]))]),
    );
  }

  async run(batch: readonly Item[]): Promise<Outputs[]> {
    const results = Array.from<Outputs>({ length: batch.length });
    for (const indices of this.#subBatches(batch)) {
      const outputs = await this.#runStacked(indices.map(index => batch[index]!));
      for (const [place, index] of indices.entries()) results[index] = outputs[place]!;
    }
    return results;
  }

  async close(): Promise<void> {
    await this.#sessions.release();
  }

  /** Indices of the items that one call of the model can take together: those of equal shapes, once padded. */
  #subBatches(batch: readonly Item[]): number[][] {
    const single = fixedBatch(this.#metadata, this.#params) === 1;
    const groups = new Map<string, number[]>();
    for (const [index, item] of batch.entries()) {
      const key = single
        ? String(index)
        : this.#inputs.map(port => this.#shapeKey(item, port.name)).join(';');
      const group = groups.get(key);
      if (group) group.push(index);
      else groups.set(key, [index]);
    }
    return [...groups.values()];
  }

  #shapeKey(item: Item, name: string): string {
    const { shape } = item.inputs[name] as Tensor;
    const axis = this.#paddedAxis(name);
    return (axis === null ? shape : shape.with(axis, 0)).join();
  }

  /** The axis padded of one item, the batch axis not counted. */
  #paddedAxis(name: string): number | null {
    const axis = this.#params.pad?.[name]?.axis;
    if (axis === undefined) return null;
    return axis > (this.#params.axes?.[name] ?? 0) ? axis - 1 : axis;
  }

  #padding(tensors: readonly Tensor[], name: string): Padding | null {
    const axis = this.#paddedAxis(name);
    if (axis === null) return null;
    const { to = 1, value = 0 } = this.#params.pad![name]!;
    const widest = Math.max(1, ...tensors.map(tensor => tensor.shape[axis] ?? 0));
    return { axis, size: paddedSize(widest, to, this.#device), value };
  }

  async #runStacked(items: readonly Item[]): Promise<Outputs[]> {
    const filled = filledUp(items, this.#device);
    const feeds: Record<string, SessionTensor> = { ...this.#constants };
    for (const { name } of this.#inputs) {
      const tensors = filled.map(item => item.inputs[name] as Tensor);
      feeds[name] = this.#toSession(this.#stack(name, tensors));
    }
    const shapeOf = () => this.#inputs.map(({ name }) => feeds[name]!.dims.join()).join(';');
    const session = await this.#sessions.of(shapeOf);
    const answer = await session.run(feeds, this.#fetches);
    const outputs = items.map((): Outputs => ({}));
    for (const { name } of this.#metadata.outputs) {
      const axis = this.#params.axes?.[name] ?? 0;
      const parts = unstack(fromSession(answer[name]!), axis);
      if (parts.length !== filled.length) {
        throw new MillraceError(
          'stage-failed',
          `the model gave "${name}" of shape [${answer[name]!.dims.join(', ')}] for ${filled.length} queries; ` +
            `is its batch axis ${axis}?`,
        );
      }
      for (const [index, output] of outputs.entries()) output[name] = parts[index]!;
    }
    return outputs;
  }

  #stack(name: string, tensors: readonly Tensor[]): Tensor {
    const axis = this.#params.axes?.[name] ?? 0;
    if (tensors[0]!.datatype === 'BYTES') return stackBytes(tensors as readonly BytesTensor[], axis);
    return stack(tensors as readonly NumericTensor[], axis, this.#padding(tensors, name), size => {
      const kept = this.#scratch.get(name);
      if (kept && kept.byteLength >= size) return kept;
      const fresh = new ArrayBuffer(size);
      this.#scratch.set(name, fresh);
      return fresh;
    });
  }

  #toSession(tensor: Tensor): SessionTensor {
    const { Tensor: SessionTensor } = this.#runtime;
    if (tensor.datatype === 'BYTES') return new SessionTensor('string', texts(tensor), tensor.shape);
    return new SessionTensor(
      sessionTypes[tensor.datatype],
      tensor.data as Float32Array,
      tensor.shape,
    ) as SessionTensor;
  }
}

function fromSession(tensor: SessionTensor): Tensor {
  if (tensor.type === 'string') {
    return bytes(
      (tensor.data as string[]).map(element => encoder.encode(element)),
      tensor.dims,
    );
  }
  const datatype = datatypesBySession.get(tensor.type);
  if (!datatype) throw new MillraceError('stage-failed', `the model gave a tensor of type ${tensor.type}`);
  return { datatype: datatype as NumericDatatype, shape: tensor.dims, data: tensor.data as Float32Array };
}

export const operator: Operator<OnnxParameters> = {
  description: 'Runs an ONNX model; its ports are the model’s inputs and outputs, less the batch axis.',
  params: parameters,
  ports: readPorts,
  cost: 'heavy',
  async create(params: OnnxParameters, site: Site) {
    const metadata = await readModelMetadata(params.model);
    const open = () => createSession(params.model, site, params.providers);
    const { runtime, session } = await open();
    const another = async () => (await open()).session;
    const sessions = new Sessions(session, another, sessionsFor(site.device));
    return new ModelRunner(runtime, sessions, metadata, params, site.device);
  },
};
