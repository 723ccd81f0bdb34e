import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { MillraceError } from '../../../operators/index.ts';
import type { TlsFiles, Transport, TransportOptions } from '../transport.ts';
import { NodeTransport } from './node-transport.ts';
import type { Uws } from './uws.ts';
import { UwsTransport } from './uws-transport.ts';

function read(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new MillraceError('not-found', `${path} can't be read (${code})`);
  }
}

/** Neither web server says what is wrong with a file. @throws MillraceError `not-found`, `invalid-input` */
function checkTls({ cert, key }: TlsFiles): void {
  const files = { cert: read(cert), key: read(key) };
  try {
    createSecureContext(files);
  } catch (error) {
    const why = (error as Error).message;
    throw new MillraceError('invalid-input', `${cert} and ${key} are no certificate and its key: ${why}`);
  }
}

/**
 * A web server: uWebSockets.js, or what stands in for it where that has no native build (null).
 * @throws MillraceError for TLS files that are no good
 */
export function openTransport(options: TransportOptions, uws: Uws | null): Transport {
  if (options.tls) checkTls(options.tls);
  return uws ? new UwsTransport(uws, options) : new NodeTransport(options);
}
