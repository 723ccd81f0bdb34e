/** Which handler answers which path. */
import { MillraceError } from '../../operators/index.ts';
import type { HttpReply, HttpRequest } from './transport.ts';

/** What stands for the `{names}` in a route's path, decoded. */
export type PathValues = Readonly<Record<string, string>>;

export interface Exchange {
  request: HttpRequest;
  values: PathValues;
  /** Sent back as `x-request-id`: the client's own, or a new one. */
  requestId: string;
  /** Name of the client's key; its address where no keys are asked for. */
  client: string;
}

export type Handler = (exchange: Exchange) => HttpReply | Promise<HttpReply>;

export interface Route {
  method: string;
  /** `/v2/models/{model}/infer`: a name in braces stands for one segment, or the part of it between fixed texts. */
  path: string;
  /** What a key must allow: anything that has a key may use `open`. */
  access: 'public' | 'open' | 'manage';
  /** How an error is told in this protocol. */
  refuse(error: MillraceError): HttpReply;
  handle: Handler;
}

interface Compiled {
  route: Route;
  pattern: RegExp;
  names: readonly string[];
}

function compile(route: Route): Compiled {
  const names: string[] = [];
  const source = route.path
    .split(/(\{\w+\})/)
    .map(part => {
      const name = /^\{(\w+)\}$/.exec(part)?.[1];
      if (name === undefined) return part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
      names.push(name);
      return '([^/]+?)';
    })
    .join('');
  return { route, pattern: new RegExp(`^${source}$`), names };
}

/** The text that a segment of a path stands for. @throws MillraceError `invalid-input` if it is not encoded properly */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new MillraceError('invalid-input', `the path has a part that can't be decoded: ${segment}`);
  }
}

export type Match = { route: Route; values: PathValues } | { allowed: readonly string[] };

export class Router {
  readonly #routes: Compiled[];
  /** Matches of paths seen lately: nearly all requests go to a few. */
  readonly #known = new Map<string, Match>();
  static readonly #most = 1000;

  constructor(routes: readonly Route[]) {
    this.#routes = routes.map(compile);
  }

  /** The route of a request, or the methods that its path would take: none if there is no such path. */
  match(method: string, path: string): Match {
    const key = `${method} ${path}`;
    const known = this.#known.get(key);
    if (known) return known;
    const found = this.#search(method, path);
    if (this.#known.size >= Router.#most) this.#known.clear();
    this.#known.set(key, found);
    return found;
  }

  #search(method: string, path: string): Match {
    const allowed = new Set<string>();
    for (const { route, pattern, names } of this.#routes) {
      const parts = pattern.exec(path);
      if (!parts) continue;
      if (route.method !== method) {
        allowed.add(route.method);
        continue;
      }
      const values = Object.fromEntries(names.map((name, index) => [name, decoded(parts[index + 1]!)]));
      return { route, values };
    }
    return { allowed: [...allowed] };
  }
}
