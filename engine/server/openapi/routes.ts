import { jsonReply, refuseAsJson } from '../exchange.ts';
import type { Repository } from '../repository.ts';
import type { Route } from '../router.ts';
import { openApiDocument, type DocumentOptions, type Served } from './document.ts';

/** WebSockets, which have no routes: where they are served, they are described with the others. */
export const streamPaths: readonly Served[] = ['', '/versions/{version}'].map(version => ({
  method: 'GET',
  path: `/v2/models/{model}${version}/stream`,
  access: 'open',
}));

/**
 * Routes that show the document of all routes, theirs too.
 * @param others what is served beside them
 */
export function openApiRoutes(
  repository: Repository,
  others: readonly Served[],
  options: DocumentOptions,
): Route[] {
  const route = (method: string, path: string): Route => ({
    method,
    path,
    access: 'open',
    refuse: refuseAsJson,
    handle: () => jsonReply(JSON.stringify(openApiDocument(repository, [...others, ...own], options))),
  });
  // TorchServe describes itself to who asks for the options of its root.
  const own = [route('GET', '/openapi.json'), route('OPTIONS', '/')];
  return own;
}
