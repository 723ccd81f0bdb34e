/** A server of the Open Inference Protocol whose answers the test decides, one after the other. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import {
  decodeInferRequest,
  encodeInferResponse,
  parseJson,
  writeBody,
  type InferRequest,
  type NamedTensor,
} from '../../../operators/index.ts';

export interface Call {
  path: string;
  headers: IncomingMessage['headers'];
  /** As it was sent. */
  json: string;
  request: InferRequest;
  response: ServerResponse;
}

export interface Answering {
  url: string;
  port: number;
  calls: Call[];
  /** Connections that were made. */
  connections: Socket[];
  close(): Promise<void>;
}

/** Answers a call with these outputs. */
export function give({ request, response }: Call, outputs: readonly NamedTensor[]): void {
  const binary = (name: string) =>
    request.outputs?.some(output => output.name === name && output.parameters?.['binary_data']) ?? false;
  const message = encodeInferResponse({ model_name: 'm', model_version: '1', outputs }, binary);
  const { body, jsonLength } = writeBody(message);
  if (message.tensors.length > 0) response.setHeader('Inference-Header-Content-Length', jsonLength);
  response.end(body);
}

/** Answers a call with a status and what stands for an explanation. */
export function refuse(
  { response }: Call,
  status: number,
  body: string,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, headers).end(body);
}

async function callOf(message: IncomingMessage, response: ServerResponse): Promise<Call> {
  const body = new Uint8Array(await buffer(message));
  const length = Number(message.headers['inference-header-content-length'] ?? body.length);
  const json = new TextDecoder().decode(body.subarray(0, length));
  const request = decodeInferRequest(parseJson(json), body.subarray(length));
  return { path: message.url!, headers: message.headers, json, request, response };
}

/** Starts a server; `answer` is called with each call in turn. It ends with the test. */
export async function serve(answer: (call: Call, number: number) => void, port = 0): Promise<Answering> {
  const calls: Call[] = [];
  const connections: Socket[] = [];
  const server = createServer(async (message, response) => {
    const call = await callOf(message, response);
    calls.push(call);
    answer(call, calls.length);
  });
  server.on('connection', socket => connections.push(socket));
  await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve));
  const address = server.address() as AddressInfo;
  const close = async () => {
    server.closeAllConnections();
    await new Promise(resolve => server.close(resolve));
  };
  onTestFinished(close);
  return { url: `http://127.0.0.1:${address.port}`, port: address.port, calls, connections, close };
}
