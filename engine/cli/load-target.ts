/** What the server that is to be loaded says of its pipeline. */
import { isDatatype, MillraceError, parseJson, type PortType } from '../../operators/index.ts';
import type { Objective } from '../../pipelines/index.ts';
import { urlOf, type ServiceAddress } from '../load/target.ts';

export interface ServedPipeline {
  inputs: Readonly<Record<string, PortType>>;
  /** Sorted by percentile; empty if it has none, or another server does not say. */
  slo: readonly Objective[];
}

interface Metadata {
  inputs?: readonly { name?: unknown; datatype?: unknown; shape?: unknown }[];
}

/** As far as it is read of a server of ours. */
interface Status {
  pipelines: readonly { name: string; objectives: readonly Objective[] }[];
}

/** The shape of one query: without the axis that queries are stacked along. */
function typeOf({ datatype, shape }: { datatype?: unknown; shape?: unknown }): PortType {
  if (!isDatatype(datatype) || !Array.isArray(shape)) return { datatype: 'ANY' };
  return { datatype, shape: (shape as number[]).slice(1) };
}

/** What the server says the objective is; none if it is another's. */
async function askObjectives(
  url: string,
  headers: Readonly<Record<string, string>>,
  name: string,
): Promise<Objective[]> {
  try {
    const reply = await fetch(new URL('/v2/millrace/status', url), { headers });
    const { pipelines } = (await reply.json()) as Status;
    const { objectives } = pipelines.find(pipeline => pipeline.name === name)!;
    return objectives.map(({ percentile, limit }) => ({ percentile, limit }));
  } catch {
    return [];
  }
}

/**
 * Asks the server for a pipeline's metadata.
 * @throws MillraceError `unavailable` if there is no server, `not-found` if it has no such pipeline, …
 */
export async function askServer(address: ServiceAddress, key: string | undefined): Promise<ServedPipeline> {
  const url = urlOf(address, 'http');
  const headers = key === undefined ? {} : { authorization: `Bearer ${key}` };
  const reply = await fetch(url, { headers }).catch((error: Error) => {
    const cause = error.cause instanceof Error ? error.cause.message : error.message;
    throw new MillraceError('unavailable', `no server answers at ${url}: ${cause}`);
  });
  const text = await reply.text();
  if (!reply.ok) {
    const code =
      reply.status === 404 ? 'not-found' : reply.status === 401 ? 'unauthenticated' : 'unavailable';
    throw new MillraceError(code, `${url} answered ${reply.status}: ${text.slice(0, 200)}`);
  }
  const { inputs = [] } = parseJson(text) as Metadata;
  return {
    inputs: Object.fromEntries(inputs.map(input => [String(input.name), typeOf(input)])),
    slo: await askObjectives(url, headers, address.pipeline),
  };
}
