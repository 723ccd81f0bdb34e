/** An OpenAPI 3.1 document of what is served: every route, and for those about a pipeline one per pipeline. */
import type { Repository } from '../repository.ts';
import type { Route } from '../router.ts';
import type { Service } from '../service.ts';
import { openInference } from './open-inference.ts';
import type { Descriptions, Operation } from './operation.ts';
import { sharedSchemas } from './schemas.ts';
import { tensorflowServing } from './tensorflow-serving.ts';
import { torchServe } from './torchserve.ts';

/** Routes that belong to no protocol. */
const own: Descriptions = {
  whole: {
    'GET /openapi.json': other('This document', 'application/json'),
    'OPTIONS /': other('This document, as TorchServe has it', 'application/json'),
    'GET /metrics': other("Metrics in Prometheus' format", 'text/plain'),
    'GET /': other('The dashboard', 'text/html'),
  },
  each: {},
};

const protocols = [openInference, tensorflowServing, torchServe, own];

function other(summary: string, media: string): Operation {
  return {
    tags: ['Server'],
    summary,
    responses: { 200: { description: summary, content: { [media]: {} } } },
  };
}

/** The path of a version as that of the newest: TorchServe has versions by themselves, the others after a word. */
function withoutVersion(path: string): string {
  return path.replace(/\/(versions\/|labels\/)?\{(version|label)\}/, '');
}

function described(key: string, service: Service | null): Operation {
  for (const { whole, each } of protocols) {
    if (!service && Object.hasOwn(whole, key)) return whole[key]!;
    if (service && Object.hasOwn(each, key)) return each[key]!(service);
  }
  return other(key, 'application/json');
}

/** Parameters that are left in a path once the pipeline's name is in. */
function parametersOf(path: string, versions: readonly string[]): object[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string', enum: name === 'label' ? [...versions, 'latest'] : versions },
  }));
}

/** What a document needs to know of a route. */
export type Served = Pick<Route, 'method' | 'path' | 'access'>;

export interface DocumentOptions {
  /** Of Millrace. */
  version: string;
  /** Whether requests need a key. */
  hasKeys: boolean;
}

const anyKey = [{ bearer: [] }, { apiKey: [] }];

function operationOf(
  { method, path, access }: Served,
  place: string,
  service: Service | null,
  versions: readonly string[],
  hasKeys: boolean,
): object {
  const { parameters = [], ...operation } = described(`${method} ${withoutVersion(path)}`, service);
  const all = [...parameters, ...parametersOf(place, versions)];
  const needsKey = access === 'manage' || (access === 'open' && hasKeys);
  return {
    operationId: `${method.toLowerCase()}${place.replace(/[^A-Za-z0-9]+/g, '_')}`,
    ...operation,
    ...(all.length > 0 && { parameters: all }),
    security: needsKey ? anyKey : [],
  };
}

/** The newest version of every name. */
function newest(repository: Repository): Service[] {
  return [...new Map(repository.all().map(service => [service.name, service])).values()];
}

export function openApiDocument(
  repository: Repository,
  routes: readonly Served[],
  { version, hasKeys }: DocumentOptions,
): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    const services = route.path.includes('{model}') ? newest(repository) : [null];
    for (const service of services) {
      const place = service ? route.path.replace('{model}', service.name) : route.path;
      const versions = service ? repository.versionsOf(service.name) : [];
      const operation = operationOf(route, place, service, versions, hasKeys);
      paths[place] = { ...paths[place], [route.method.toLowerCase()]: operation };
    }
  }
  return {
    openapi: '3.1.1',
    info: { title: 'Millrace', version, license: { name: 'MIT', identifier: 'MIT' } },
    servers: [{ url: '/' }],
    paths,
    components: {
      schemas: sharedSchemas,
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        apiKey: { type: 'apiKey', in: 'header', name: 'x-api-key' },
      },
    },
  };
}
