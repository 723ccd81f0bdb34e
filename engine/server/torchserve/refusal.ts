import { errorTable, type ErrorCode, type MillraceError } from '../../../operators/index.ts';
import { jsonReply, publicMessage } from '../exchange.ts';
import type { HttpReply } from '../transport.ts';

/** TorchServe names the exception behind an error; ours by the nearest of its names. */
const types: Readonly<Record<ErrorCode, string>> = {
  'invalid-pipeline': 'BadRequestException',
  'invalid-input': 'BadRequestException',
  unauthenticated: 'InvalidKeyException',
  'not-found': 'ModelNotFoundException',
  'too-large': 'TooLongFrameException',
  'unsupported-type': 'BadRequestException',
  overloaded: 'ServiceUnavailableException',
  cancelled: 'CancellationException',
  'stage-failed': 'InternalServerException',
  unavailable: 'ServiceUnavailableException',
  'deadline-exceeded': 'RequestTimeoutException',
};

/** An error in TorchServe's shape. */
export function refuse(error: MillraceError): HttpReply {
  const code = errorTable[error.code].http;
  return jsonReply(JSON.stringify({ code, type: types[error.code], message: publicMessage(error) }), code);
}
