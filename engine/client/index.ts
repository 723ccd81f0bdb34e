/** Millrace's client, for Node and for browsers. */
export {
  bytes,
  float,
  fromPlain,
  MillraceError,
  tensor,
  text,
  textOf,
  texts,
  toPlain,
  zeros,
} from '../../operators/browser.ts';
export type {
  BytesTensor,
  Datatype,
  ErrorCode,
  NumericArray,
  NumericTensor,
  Tensor,
} from '../../operators/browser.ts';
export type { Backoff } from './backoff.ts';
export type { PipelineClient } from './client.ts';
export { connect, type ConnectOptions } from './connect.ts';
export type { Answer, InferOptions, InputValue, PartialResult, PipelineShape } from './query.ts';
export type { StreamAnswer, StreamOptions } from './stream.ts';
