/** Queries over HTTP, with binary tensors. */
import { Pool } from 'undici';
import { encodeInferRequest, errorTable, writeBody, type ErrorCode } from '../../operators/index.ts';
import { messages, urlOf, type LoadQuery, type Target, type TargetOptions } from './target.ts';
import type { Failure } from './tally.ts';

/** Queries that may wait for a connection of the generator's own: beyond, one counts as not sent. */
const mostWaiting = 100_000;

function failureOf(status: number): Failure {
  const codes = Object.keys(errorTable) as ErrorCode[];
  return codes.findLast(code => errorTable[code].http === status) ?? 'stage-failed';
}

function bodyOf({ inputs, parameters }: LoadQuery): { body: Uint8Array; length: string } {
  const named = Object.entries(inputs).map(([name, tensor]) => ({ name, tensor }));
  const request = { parameters: { ...parameters, binary_data_output: true }, inputs: named };
  const { body, jsonLength } = writeBody(encodeInferRequest(request, () => true));
  return { body, length: String(jsonLength) };
}

export function openHttpTarget({ address, queryAt, connections, key, outcomes }: TargetOptions): Target {
  const url = new URL(urlOf(address, 'http', '/infer'));
  const pool = new Pool(url.origin, { connections, pipelining: 1 });
  const bodies = messages(bodyOf);
  let waiting = 0;
  const post = async (query: number): Promise<void> => {
    const { body, length } = bodies(queryAt(query));
    const reply = await pool.request({
      path: url.pathname,
      method: 'POST',
      headers: {
        'content-type': 'application/octet-stream',
        'inference-header-content-length': length,
        ...(key !== undefined && { authorization: `Bearer ${key}` }),
      },
      body,
    });
    await reply.body.dump();
    if (reply.statusCode === 200) outcomes.answered(query);
    else outcomes.failed(query, failureOf(reply.statusCode), true);
  };
  return {
    send(query) {
      if (waiting >= mostWaiting) {
        outcomes.failed(query, 'not-sent', false);
        return;
      }
      waiting++;
      post(query)
        .catch(() => outcomes.failed(query, 'no-answer', false))
        .finally(() => waiting--);
    },
    close: () => pool.destroy(),
  };
}
