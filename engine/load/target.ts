/** Where queries are sent, over WebSocket or HTTP. */
import type { Parameters, Tensor } from '../../operators/index.ts';
import type { Failure } from './tally.ts';

/** What becomes of a query; told once for each that was sent. */
export interface Outcomes {
  answered(query: number): void;
  /** @param told whether the server said so; a connection that broke says nothing */
  failed(query: number, failure: Failure, told: boolean): void;
}

export interface Target {
  /** Sends a query over the next connection. Never waits: one that can't be sent now has failed. */
  send(query: number): void;
  close(): Promise<void>;
}

/** What a query asks. */
export interface LoadQuery {
  inputs: Readonly<Record<string, Tensor>>;
  /** Beside the inputs: time limit, priority. */
  parameters: Parameters;
}

export interface TargetOptions {
  address: ServiceAddress;
  queryAt(query: number): LoadQuery;
  connections: number;
  /** Sent along as `authorization`. */
  key: string | undefined;
  outcomes: Outcomes;
}

/** A served pipeline. */
export interface ServiceAddress {
  protocol: 'http' | 'ws';
  /** `https` and `wss`. */
  secure: boolean;
  /** With its port, if there is one. */
  host: string;
  pipeline: string;
  version: string | undefined;
}

/** Messages as they are asked for; those without parameters are made once for the same inputs. */
export function messages<T>(make: (query: LoadQuery) => T): (query: LoadQuery) => T {
  const made = new WeakMap<LoadQuery['inputs'], { message: T }>();
  return query => {
    if (Object.keys(query.parameters).length > 0) return make(query);
    const known = made.get(query.inputs) ?? { message: make(query) };
    made.set(query.inputs, known);
    return known.message;
  };
}

const path = /^\/(?:v2\/models\/)?([^/]+)(?:\/versions\/([^/]+))?(?:\/(?:infer|stream))?\/?$/;

/** The text that a part of a path stands for; null if it is not encoded properly. */
function decoded(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}

/**
 * The served pipeline that a URL names: `ws://HOST/PIPELINE`, or in full `http://HOST/v2/models/PIPELINE/infer`.
 * Undefined if it names none.
 */
export function parseAddress(url: string): ServiceAddress | undefined {
  if (!URL.canParse(url)) return undefined;
  const { protocol, host, pathname } = new URL(url);
  const [, scheme, tls] = /^(http|ws)(s?):$/.exec(protocol) ?? [];
  const [, pipeline, version] = path.exec(pathname) ?? [];
  if (scheme === undefined || pipeline === undefined) return undefined;
  const named = decoded(pipeline);
  const pinned = version === undefined ? undefined : decoded(version);
  if (named === null || pinned === null) return undefined;
  return {
    protocol: scheme as 'http' | 'ws',
    secure: tls === 's',
    host,
    pipeline: named,
    version: pinned,
  };
}

/** URL of a served pipeline, or of what is below it. */
export function urlOf(
  { secure, host, pipeline, version }: ServiceAddress,
  scheme: 'http' | 'ws',
  below = '',
): string {
  const pinned = version === undefined ? '' : `/versions/${encodeURIComponent(version)}`;
  return `${scheme}${secure ? 's' : ''}://${host}/v2/models/${encodeURIComponent(pipeline)}${pinned}${below}`;
}
