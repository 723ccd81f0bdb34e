/**
 * The part of TorchServe's management API that only looks. Workers are replicas. What has no counterpart here (the URL
 * of an archive, a worker's memory and process) is left out.
 */
import { MillraceError } from '../../../operators/index.ts';
import { jsonReply } from '../exchange.ts';
import type { Repository } from '../repository.ts';
import type { Exchange, Route } from '../router.ts';
import type { Service } from '../service.ts';
import type { HttpReply } from '../transport.ts';
import { refuse } from './refusal.ts';

/** Models on a page unless a request says otherwise. */
const pageSize = 100;

function describe({ name, version, engine }: Service): object {
  const status = engine?.status();
  const pools = status?.groups.flatMap(({ name: group, pools }) =>
    pools.map(pool => ({ ...pool, group, replicas: pool.idle + pool.busy })),
  );
  const workers = (pools ?? []).flatMap(({ group, hardware, replicas }) =>
    Array.from({ length: replicas }, (_, index) => ({
      id: `${group}/${hardware}/${index}`,
      status: 'READY',
    })),
  );
  return {
    modelName: name,
    modelVersion: version,
    minWorkers: workers.length,
    maxWorkers: workers.length,
    batchSize: Math.max(1, ...(pools ?? []).map(({ batch }) => batch)),
    maxBatchDelay: Math.max(0, ...(pools ?? []).map(({ maxWait }) => maxWait)),
    workers,
    jobQueueStatus: {
      remainingCapacity: engine && status ? engine.limits.queries - status.queries : 0,
      pendingRequests: status?.queries ?? 0,
    },
  };
}

/** A whole number of the query string. @throws MillraceError `invalid-input` if it is none, or below `least` */
function countOf(query: URLSearchParams, name: string, fallback: number, least: number): number {
  const text = query.get(name);
  if (text === null) return fallback;
  const count = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(count) && count >= least) return count;
  throw new MillraceError('invalid-input', `"${name}" is no whole number of at least ${least}`);
}

function list(repository: Repository, { request }: Exchange): HttpReply {
  const query = new URLSearchParams(request.query);
  const limit = countOf(query, 'limit', pageSize, 1);
  const from = countOf(query, 'next_page_token', 0, 0);
  const names = [...new Set(repository.all().map(({ name }) => name))];
  const models = names.slice(from, from + limit).map(modelName => ({ modelName }));
  const next = from + limit < names.length ? { nextPageToken: String(from + limit) } : {};
  return jsonReply(JSON.stringify({ ...next, models }));
}

export function managementRoutes(repository: Repository): Route[] {
  const get = (path: string, handle: Route['handle']): Route => ({
    method: 'GET',
    path,
    access: 'manage',
    refuse,
    handle,
  });
  const described = (services: readonly Service[]) => jsonReply(JSON.stringify(services.map(describe)));
  return [
    get('/models', exchange => list(repository, exchange)),
    get('/models/{model}', ({ values }) => described([repository.find(values['model']!)])),
    get('/models/{model}/all', ({ values }) => {
      const { name } = repository.find(values['model']!);
      return described(repository.all().filter(service => service.name === name));
    }),
    get('/models/{model}/{version}', ({ values }) =>
      described([repository.find(values['model']!, values['version'])]),
    ),
  ];
}
