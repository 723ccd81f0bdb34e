/** What the server says on a stream, as frames of the kind that a query was asked in. */
import {
  asTensor,
  encodeInferResponse,
  isList,
  writeFrame,
  type EncodedMessage,
  type InferRequest,
  type InferResponse,
  type MillraceError,
  type NamedTensor,
} from '../../../operators/index.ts';
import type { StageRun } from '../../runtime/query.ts';
import { binaryOutputs } from '../open-inference/reply.ts';
import type { Service } from '../service.ts';

export type Frame = string | Uint8Array;

function frameOf(message: EncodedMessage, binary: boolean): Frame {
  return binary ? writeFrame(message) : message.json;
}

export function sizeOfFrame(frame: Frame): number {
  return typeof frame === 'string' ? frame.length : frame.byteLength;
}

/** Whether an output goes as bytes. */
export type OutputKind = (name: string) => boolean;

const asText: OutputKind = () => false;
const asBytes: OutputKind = () => true;

/**
 * Which outputs of a query go as bytes: none of one that was asked as text; of another all but those for which it says
 * otherwise.
 * @throws MillraceError `invalid-input` if it says something that is neither true nor false
 */
export function outputKinds(request: InferRequest, binary: boolean): OutputKind {
  return binary ? binaryOutputs(request, true) : asText;
}

export function isStateful({ pipeline }: Service): boolean {
  return pipeline.stages.some(({ state }) => Object.keys(state).length > 0);
}

/** @param limits queries in flight, and bytes of a frame */
export function helloFrame(service: Service, limits: { window: number; message: number }): string {
  const { name, version } = service;
  const hello = { pipeline: name, version, window: limits.window, max_message: limits.message };
  return JSON.stringify({ hello: isStateful(service) ? { ...hello, state: true } : hello });
}

/** @param drain milliseconds that are left to what is in flight */
export function goawayFrame(drain: number): string {
  return JSON.stringify({ goaway: { reason: 'the server is shutting down', drain } });
}

export function answerFrame(response: InferResponse, kind: OutputKind, binary: boolean): Frame {
  return frameOf(encodeInferResponse(response, kind), binary);
}

/** @param about whose error it is: a query's id, or what else the client can tell it by */
export function errorFrame(
  { code, message, stage }: MillraceError,
  about: Readonly<Record<string, string | undefined>>,
  binary: boolean,
): Frame {
  const error = { code, message: message.split('\n', 1)[0], stage };
  return frameOf({ json: JSON.stringify({ ...about, error }), tensors: [] }, binary);
}

/** The outputs of a stage: a list as one tensor, or item by item as `PORT.0`, `PORT.1`, … if its shapes differ. */
function portsOf({ stage, outputs }: StageRun, { pipeline }: Service): NamedTensor[] {
  const types = pipeline.stages.find(({ name }) => name === stage)!.ports.outputs;
  return Object.entries(outputs).flatMap(([name, value]): NamedTensor[] => {
    if (!isList(value)) return [{ name, tensor: value }];
    const [first] = value;
    const even = value.every(({ shape }) => shape.join() === first!.shape.join());
    if (even) return [{ name, tensor: asTensor(value, name, types[name]!) }];
    return value.map((tensor, index) => ({ name: `${name}.${index}`, tensor }));
  });
}

/** What a stage gave, ahead of the answer; `parameters.stage` tells it from that. */
export function partialFrame(
  service: Service,
  id: string | undefined,
  run: StageRun,
  binary: boolean,
): Frame {
  const { stage, index } = run;
  const response: InferResponse = {
    model_name: service.name,
    model_version: service.version,
    ...(id !== undefined && { id }),
    parameters: { stage, ...(index !== undefined && { index }) },
    outputs: portsOf(run, service),
  };
  return answerFrame(response, binary ? asBytes : asText, binary);
}
