/** Triton's model repository extension: what is served, and loading and unloading it. */
import { decodeUtf8, MillraceError, parseJson } from '../../../operators/index.ts';
import { jsonReply } from '../exchange.ts';
import type { Repository } from '../repository.ts';
import type { Exchange, Handler, Route } from '../router.ts';
import type { HttpReply } from '../transport.ts';

/** Whether only those that are ready are asked for. @throws MillraceError `invalid-input` */
async function readyOnly({ request }: Exchange): Promise<boolean> {
  const body = await request.body();
  if (body.byteLength === 0) return false;
  const fields = parseJson(decodeUtf8(body));
  if (fields === null || typeof fields !== 'object')
    throw new MillraceError('invalid-input', 'the request is no object');
  const { ready = false } = fields as { ready?: unknown };
  if (typeof ready !== 'boolean') throw new MillraceError('invalid-input', 'ready is no boolean');
  return ready;
}

type RepositoryRoute = [method: string, path: string, access: Route['access'], handle: Handler];

export function repositoryRoutes(repository: Repository): RepositoryRoute[] {
  const done: HttpReply = jsonReply('{}');

  async function index(exchange: Exchange): Promise<HttpReply> {
    const isReadyOnly = await readyOnly(exchange);
    const entries = repository
      .all()
      .filter(({ state }) => !isReadyOnly || state === 'READY')
      .map(({ name, version, state, reason }) => ({ name, version, state, reason }));
    return jsonReply(JSON.stringify(entries));
  }

  async function load({ values }: Exchange): Promise<HttpReply> {
    await repository.find(values['model']!).load();
    return done;
  }

  /** Every version; those that have begun to answer finish. */
  async function unload({ values }: Exchange): Promise<HttpReply> {
    const { name } = repository.find(values['model']!);
    const versions = repository.all().filter(service => service.name === name);
    await Promise.all(versions.map(service => service.unload()));
    return done;
  }

  return [
    ['POST', '/v2/repository/index', 'open', index],
    ['POST', '/v2/repository/models/{model}/load', 'manage', load],
    ['POST', '/v2/repository/models/{model}/unload', 'manage', unload],
  ];
}
