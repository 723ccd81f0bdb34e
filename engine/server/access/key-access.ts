/** Who may do what: keys, what each of them allows, and how much of it. */
import { MillraceError } from '../../../operators/index.ts';
import type { Access } from '../access.ts';
import type { Route } from '../router.ts';
import type { Caller } from '../service.ts';
import type { RequestHead } from '../transport.ts';
import { presentedKey } from './credentials.ts';
import { KeyRing } from './key-ring.ts';
import type { Key } from './keys-file.ts';
import type { Origins } from './origins.ts';
import { TokenBucket } from './token-bucket.ts';

function denied(why: string): MillraceError {
  return new MillraceError('unauthenticated', why);
}

/**
 * With keys, every request but for public ones needs one. Without, everything is open to everybody who can connect,
 * except management: that no web page and no neighbour on the machine may do unasked.
 */
export class KeyAccess implements Access {
  readonly #ring: KeyRing | null;
  readonly #buckets = new Map<string, { bucket: TokenBucket; rate: number }>();

  readonly #origins: Origins;

  /** @param keys null: there is no file of keys @param now milliseconds on a clock that never goes back */
  constructor(keys: readonly Key[] | null, origins: Origins, now: () => number = () => performance.now()) {
    this.#ring = keys && new KeyRing(keys);
    this.#origins = origins;
    for (const { name, rate, burst } of keys ?? []) {
      if (rate === undefined) continue;
      const bucket = new TokenBucket(rate, burst ?? Math.max(1, rate), now);
      this.#buckets.set(name, { bucket, rate });
    }
  }

  /** Whether requests need a key. */
  get hasKeys(): boolean {
    return this.#ring !== null;
  }

  check(head: RequestHead, access: Route['access'], pipeline?: string): string {
    if (!this.#ring) {
      if (access !== 'manage') return head.peer;
      throw denied(
        'management calls need a key; start the server with --keys FILE (millrace new key NAME --manage --file FILE makes both)',
      );
    }
    const presented = presentedKey(head);
    const key = presented === undefined ? undefined : this.#ring.find(presented);
    if (access === 'public') return key?.name ?? head.peer;
    if (!key)
      throw denied(
        presented === undefined ? 'send a key: "Authorization: Bearer KEY"' : 'the key is not known',
      );
    if (access === 'manage' && key.manage !== true) throw denied(`key "${key.name}" may not manage`);
    if (pipeline !== undefined && key.pipelines && !key.pipelines.includes(pipeline))
      throw denied(`key "${key.name}" may not use pipeline "${pipeline}"`);
    return key.name;
  }

  /**
   * Counts one query against the rate of the caller's key; for `ServiceOptions.admit`.
   * @throws MillraceError `overloaded` beyond it
   */
  admit = ({ client }: Pick<Caller, 'client'>): void => {
    const limit = this.#buckets.get(client);
    if (!limit || limit.bucket.take()) return;
    const wait = Math.max(0.01, limit.bucket.wait()).toFixed(2);
    const message = `key "${client}" may ask ${limit.rate} queries per second; try again in ${wait} s`;
    throw new MillraceError('overloaded', message);
  };

  allowsOrigin(origin: string): boolean {
    return this.#origins.allowsOrigin(origin);
  }

  allowsHost(host: string): boolean {
    return this.#origins.allowsHost(host);
  }

  refusalHeaders({ code }: MillraceError, client: string): Record<string, string> {
    if (code === 'unauthenticated') return { 'www-authenticate': 'Bearer realm="millrace"' };
    if (code !== 'overloaded' && code !== 'unavailable') return {};
    const wait = this.#buckets.get(client)?.bucket.wait() ?? 0;
    return { 'retry-after': String(Math.max(1, Math.ceil(wait))) };
  }
}
