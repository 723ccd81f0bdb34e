/** Requests in TorchServe’s way. */
import { torchServeRoutes } from '../../../../engine/server/torchserve/routes.ts';
import type { Route } from '../../../../engine/server/router.ts';
import { call, mirror, repositoryOf, serviceOf, textOfReply } from '../../../support/served.ts';

export const text = '{ datatype: BYTES, shape: [1] }';
export const png = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0xff, 0);

/** Routes on a pipeline that gives back its inputs. */
export async function routesOf(inputs: Readonly<Record<string, string>>): Promise<Route[]> {
  return torchServeRoutes(await repositoryOf(serviceOf(await mirror(inputs))));
}

/** Status and answer of a prediction. */
export async function predict(
  routes: readonly Route[],
  body: string | Uint8Array,
  type = '',
  { method = 'POST', path = '/predictions/made' } = {},
): Promise<[number, unknown]> {
  const reply = await call(routes, method, path, { body, headers: { 'content-type': type } });
  return [reply.status, JSON.parse(textOfReply(reply))];
}

const boundary = 'X-BOUNDARY';
export const multipart = `multipart/form-data; boundary=${boundary}`;

/** A multipart form. @param fields name, content, and the file's name where it is a file */
export function form(...fields: [string, string | Uint8Array, string?][]): Uint8Array {
  const parts = fields.flatMap(([name, content, file]) => [
    `--${boundary}\r\ncontent-disposition: form-data; name="${name}"${file ? `; filename="${file}"` : ''}\r\n\r\n`,
    content,
    '\r\n',
  ]);
  return Buffer.concat([...parts, `--${boundary}--\r\n`].map(part => Buffer.from(part)));
}
