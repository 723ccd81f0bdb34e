/** Requests that were answered with an error before they became queries. */
import { errorTable, type ErrorCode, type MillraceError } from '../../../operators/index.ts';
import type { Refusal } from '../server.ts';
import type { QueryReport, ServiceListener } from '../service.ts';

const codes = Object.keys(errorTable) as ErrorCode[];

export class Refusals implements ServiceListener {
  /** Errors of queries: their requests are answered with the same ones, and have been told of already. */
  readonly #ofQueries = new WeakSet<MillraceError>();
  readonly #counts = new Map<ErrorCode, number>(codes.map(code => [code, 0]));

  ended({ error }: QueryReport): void {
    if (error) this.#ofQueries.add(error);
  }

  /** Counts a request. Returns whether it was one that never became a query. */
  refused({ error }: Refusal): boolean {
    if (this.#ofQueries.has(error)) return false;
    this.#counts.set(error.code, this.#counts.get(error.code)! + 1);
    return true;
  }

  counts(): [ErrorCode, number][] {
    return [...this.#counts];
  }
}
