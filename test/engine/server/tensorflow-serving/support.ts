/** Requests in TensorFlow Serving’s way. */
import { tensorflowServingRoutes } from '../../../../engine/server/tensorflow-serving/routes.ts';
import type { Route } from '../../../../engine/server/router.ts';
import { call, mirror, repositoryOf, serviceOf, textOfReply } from '../../../support/served.ts';

export const limits = { batch: 4 };
export const text = '{ datatype: BYTES, shape: [1] }';

/** Routes on a pipeline that gives back its inputs. */
export async function routesOf(inputs: Readonly<Record<string, string>>): Promise<Route[]> {
  return tensorflowServingRoutes(await repositoryOf(serviceOf(await mirror(inputs))), limits);
}

/** Status and body of a prediction. */
export async function predict(
  routes: readonly Route[],
  body: unknown,
  {
    headers = {},
    path = '/v1/models/made:predict',
  }: { headers?: Record<string, string>; path?: string } = {},
): Promise<[number, string]> {
  const sent = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
  const reply = await call(routes, 'POST', path, { headers, body: sent });
  return [reply.status, textOfReply(reply)];
}

/** Status and message of a refusal. */
export const reasonOf = ([status, body]: [number, string]) =>
  `${status} ${(JSON.parse(body) as { error: string }).error}`;
