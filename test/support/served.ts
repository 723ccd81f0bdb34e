/** Pipelines that are served without a port: routes are called with made requests. */
import { Engine, localReplicas, realClock } from '../../engine/index.ts';
import { Repository } from '../../engine/server/repository.ts';
import { Router, type Route } from '../../engine/server/router.ts';
import { Service, type ServiceOptions } from '../../engine/server/service.ts';
import type { HttpReply, HttpRequest, RequestHead } from '../../engine/server/transport.ts';
import { MillraceError } from '../../operators/index.ts';
import { checkText, type BoundPipeline } from '../../pipelines/index.ts';

/** A pipeline of stages of `operators.mjs`, in YAML. */
export async function madePipeline(parts: {
  name?: string;
  inputs: string;
  stages: string;
  outputs: string;
}): Promise<BoundPipeline> {
  const { name = 'made', inputs, stages, outputs } = parts;
  const text = `millrace: pipeline/1\nname: ${name}\nslo: { p99: 1 s }\ninputs: ${inputs}\nstages:\n${stages}\noutputs: ${outputs}\n`;
  const { pipeline, diagnostics } = await checkText(text, { directory: import.meta.dirname });
  if (!pipeline) throw new Error(diagnostics.map(({ code, message }) => `${code}: ${message}`).join('\n'));
  return pipeline;
}

/** A pipeline that gives back each of its inputs, by the same name. */
export function mirror(inputs: Readonly<Record<string, string>>, name?: string): Promise<BoundPipeline> {
  const names = Object.keys(inputs);
  const map = (entry: (name: string) => string) => `{ ${names.map(entry).join(', ')} }`;
  return madePipeline({
    ...(name !== undefined && { name }),
    inputs: map(input => `${input}: ${inputs[input]}`),
    stages: names
      .map(input => `  s_${input}: { operator: ./operators.mjs#echo, inputs: { in: inputs.${input} } }`)
      .join('\n'),
    outputs: map(input => `${input}: s_${input}.out`),
  });
}

/** A service of a pipeline whose stages run in this thread. It is not loaded yet. */
export function serviceOf(
  pipeline: BoundPipeline,
  { version = '1', listeners = [], admit }: Partial<Omit<ServiceOptions, 'pipeline' | 'start'>> = {},
): Service {
  return new Service({
    pipeline,
    version,
    listeners,
    ...(admit && { admit }),
    start: async () => ({
      engine: await Engine.start(pipeline, { replicas: localReplicas(realClock) }),
      plan: null,
    }),
  });
}

/** A repository of services, all of them loaded. */
export async function repositoryOf(...services: Service[]): Promise<Repository> {
  const repository = new Repository();
  for (const service of services) {
    await service.load();
    repository.add(service);
  }
  return repository;
}

export interface MadeRequest {
  headers?: Readonly<Record<string, string>>;
  body?: string | Uint8Array;
  signal?: AbortSignal;
}

export function headOf(
  method: string,
  url: string,
  headers: Readonly<Record<string, string>> = {},
): RequestHead {
  const [path = '', query = ''] = url.split('?');
  return { method, path, query, peer: '192.0.2.1', header: name => headers[name] ?? '' };
}

/** Calls a route as the server does: what it throws is told in its protocol's own shape. */
export async function call(
  routes: readonly Route[],
  method: string,
  url: string,
  { headers = {}, body = '', signal = new AbortController().signal }: MadeRequest = {},
): Promise<HttpReply> {
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
  const request: HttpRequest = { ...headOf(method, url, headers), signal, body: async () => bytes };
  const match = new Router(routes).match(method, request.path);
  if ('allowed' in match)
    throw new Error(`no route for ${method} ${url}; allowed: ${match.allowed.join(' ')}`);
  const { route, values } = match;
  try {
    return await route.handle({ request, values, requestId: 'request-1', client: 'tester' });
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error;
    return route.refuse(error);
  }
}

/** A reply's body as text. */
export function textOfReply({ body = '' }: HttpReply): string {
  if (typeof body === 'string') return body;
  return Buffer.concat(body instanceof Uint8Array ? [body] : body).toString('utf8');
}
