/** The Open Inference Protocol, version 2, over HTTP (KServe, `inference_rest.md`; extensions: Triton). */
import { callerOf, jsonReply, refuseAsJson } from '../exchange.ts';
import { answer } from '../inference.ts';
import type { ServerLimits } from '../limits.ts';
import type { Repository } from '../repository.ts';
import type { Exchange, Handler, Route } from '../router.ts';
import type { Service } from '../service.ts';
import type { HttpReply } from '../transport.ts';
import { modelMetadata } from './metadata.ts';
import { binaryOutputs, inferReply } from './reply.ts';
import { readRequest } from './request.ts';
import { repositoryRoutes } from './repository-routes.ts';

export interface OpenInferenceOptions {
  limits: Pick<ServerLimits, 'batch'>;
  /** Of Millrace. */
  version: string;
  /** Extensions that other routes add. */
  extensions?: readonly string[];
}

/** A path about a model, and the same for one of its versions. */
function modelPaths(rest: string): string[] {
  return [`/v2/models/{model}${rest}`, `/v2/models/{model}/versions/{version}${rest}`];
}

function readiness(isReady: boolean): HttpReply {
  return jsonReply(JSON.stringify({ ready: isReady }), isReady ? 200 : 503);
}

export function openInferenceRoutes(
  repository: Repository,
  { limits, version, extensions = [] }: OpenInferenceOptions,
): Route[] {
  const serviceOf = ({ values }: Exchange): Service => repository.find(values['model']!, values['version']);
  const route = (method: string, path: string, access: Route['access'], handle: Handler): Route => ({
    method,
    path,
    access,
    refuse: refuseAsJson,
    handle,
  });
  const server = JSON.stringify({
    name: 'millrace',
    version,
    extensions: ['binary_tensor_data', 'model_repository', 'sequence', ...extensions],
  });

  async function infer(exchange: Exchange): Promise<HttpReply> {
    const service = serviceOf(exchange);
    const { request: http } = exchange;
    const caller = callerOf(exchange, 'open-inference');
    const { request, binary } = await readRequest(http, service);
    const isBinary = binaryOutputs(request, binary);
    const response = await answer(service, request, caller, { batch: limits.batch, signal: http.signal });
    return inferReply(response, isBinary);
  }

  return [
    route('GET', '/v2', 'open', () => jsonReply(server)),
    route('GET', '/v2/health/live', 'public', () => jsonReply('{"live":true}')),
    route('GET', '/v2/health/ready', 'public', () => readiness(repository.isReady())),
    ...modelPaths('').map(path =>
      route('GET', path, 'open', exchange =>
        jsonReply(JSON.stringify(modelMetadata(serviceOf(exchange), repository))),
      ),
    ),
    ...modelPaths('/ready').map(path =>
      route('GET', path, 'open', exchange => readiness(serviceOf(exchange).state === 'READY')),
    ),
    ...modelPaths('/infer').map(path => route('POST', path, 'open', infer)),
    ...repositoryRoutes(repository).map(([method, path, access, handle]) =>
      route(method, path, access, handle),
    ),
  ];
}
