/**
 * Messages of the Open Inference Protocol (KServe, `inference_rest.md`; binary tensors: Triton,
 * `extension_binary_data.md`), as the server, the client and stages that call other servers hold them.
 */
import type { Tensor } from '../tensor.ts';

export type Parameter = string | number | boolean;
export type Parameters = Readonly<Record<string, Parameter>>;

export interface NamedTensor {
  name: string;
  tensor: Tensor;
  parameters?: Parameters;
}

export interface RequestedOutput {
  name: string;
  parameters?: Parameters;
}

export interface InferRequest {
  id?: string;
  parameters: Parameters;
  inputs: readonly NamedTensor[];
  /** Absent: all outputs. */
  outputs?: readonly RequestedOutput[];
}

export interface InferResponse {
  model_name: string;
  model_version: string;
  id?: string;
  parameters?: Parameters;
  outputs: readonly NamedTensor[];
}

/** A message as it travels: its JSON, and the binary tensors behind it, in their order. */
export interface EncodedMessage {
  json: string;
  tensors: readonly Uint8Array[];
}
