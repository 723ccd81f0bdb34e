/** Errors on their way between a replica and the runtime: only plain data keeps its fields across threads. */
import { inspect } from 'node:util';
import { MillraceError } from '../../operators/index.ts';
import type { ItemError } from './message.ts';

export function itemError(error: MillraceError): ItemError {
  const { code, message, stage = '', cause } = error;
  return { code, message, stage, detail: cause === undefined ? '' : inspect(cause) };
}

export function errorOf({ code, message, stage, detail }: ItemError): MillraceError {
  return new MillraceError(code, message, { stage, ...(detail && { cause: detail }) });
}
