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
  parameters?: { slo?: Readonly<Record<string, unknown>> };
}

/** The shape of one query: without the axis that queries are stacked along. */
function typeOf({ datatype, shape }: { datatype?: unknown; shape?: unknown }): PortType {
  if (!isDatatype(datatype) || !Array.isArray(shape)) return { datatype: 'ANY' };
  return { datatype, shape: (shape as number[]).slice(1) };
}

function objectivesOf(slo: Readonly<Record<string, unknown>>): Objective[] {
  return Object.entries(slo)
    .map(([name, limit]) => ({ percentile: Number(name.slice(1)), limit: Number(limit) }))
    .filter(({ percentile, limit }) => percentile > 0 && limit > 0)
    .toSorted((a, b) => a.percentile - b.percentile);
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
  const { inputs = [], parameters } = parseJson(text) as Metadata;
  return {
    inputs: Object.fromEntries(inputs.map(input => [String(input.name), typeOf(input)])),
    slo: objectivesOf(parameters?.slo ?? {}),
  };
}
