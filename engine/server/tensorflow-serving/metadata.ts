/** What TensorFlow Serving tells of a model: its state, and its signature. */
import type { Datatype, PortType } from '../../../operators/index.ts';
import type { Service, ServiceState } from '../service.ts';
import { signatureName } from './read-request.ts';

const states: Readonly<Record<ServiceState, string>> = {
  LOADING: 'LOADING',
  READY: 'AVAILABLE',
  UNLOADING: 'UNLOADING',
  UNAVAILABLE: 'END',
};

/** `GetModelStatusResponse`. */
export function modelStatus(services: readonly Service[]): object {
  return {
    model_version_status: services.map(({ version, state, reason }) => ({
      version,
      state: states[state],
      status: {
        error_code: state === 'UNAVAILABLE' ? 'UNAVAILABLE' : 'OK',
        error_message: state === 'UNAVAILABLE' ? reason.split('\n', 1)[0] : '',
      },
    })),
  };
}

const dtypes: Readonly<Record<Datatype | 'ANY', string>> = {
  BOOL: 'DT_BOOL',
  UINT8: 'DT_UINT8',
  UINT16: 'DT_UINT16',
  UINT32: 'DT_UINT32',
  UINT64: 'DT_UINT64',
  INT8: 'DT_INT8',
  INT16: 'DT_INT16',
  INT32: 'DT_INT32',
  INT64: 'DT_INT64',
  FP16: 'DT_HALF',
  FP32: 'DT_FLOAT',
  FP64: 'DT_DOUBLE',
  BYTES: 'DT_STRING',
  ANY: 'DT_INVALID',
};

/** `TensorInfo` with the axis of queries in front, and that of the items after it where there are any. */
function tensorInfo(name: string, { datatype, shape, list }: PortType): object {
  const sizes = shape?.map(size => (typeof size === 'number' && size >= 0 ? size : -1)) ?? [];
  const all = [-1, ...(list ? [-1] : []), ...sizes];
  return {
    dtype: dtypes[datatype],
    tensor_shape: shape
      ? { dim: all.map(size => ({ size: String(size), name: '' })), unknown_rank: false }
      : { dim: [], unknown_rank: true },
    name: `${name}:0`,
  };
}

function tensorInfos(types: Readonly<Record<string, PortType>>): object {
  return Object.fromEntries(Object.entries(types).map(([name, type]) => [name, tensorInfo(name, type)]));
}

/** `GetModelMetadataResponse`. */
export function modelMetadata({ name, version, pipeline }: Service): object {
  const signature = {
    inputs: tensorInfos(pipeline.inputs),
    outputs: tensorInfos(pipeline.outputTypes),
    method_name: 'tensorflow/serving/predict',
  };
  return {
    model_spec: { name, signature_name: '', version },
    metadata: { signature_def: { signature_def: { [signatureName]: signature } } },
  };
}
