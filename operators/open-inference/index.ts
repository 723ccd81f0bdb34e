export { asTensor, splitQueries, stack, type Queries } from './batch.ts';
export { fromBase64, toBase64 } from '../base64.ts';
export { decodeInferRequest, decodeInferResponse } from './decode.ts';
export { encodeInferRequest, encodeInferResponse } from './encode.ts';
export { decodeUtf8, readFrame, writeBody, writeFrame } from './frame.ts';
export { parseJson, parseLenientJson } from './lossless.ts';
export type {
  EncodedMessage,
  InferRequest,
  InferResponse,
  NamedTensor,
  Parameter,
  Parameters,
  RequestedOutput,
} from './message.ts';
export { decodeRaw, encodeRaw } from './raw.ts';
