import { createServer, type AddressInfo } from 'node:net';
import { MillraceError } from '../../../operators/index.ts';

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program has it; choose another with --port, or 0 for any that is free',
  EACCES: 'this user may not open it; choose one from 1024 on',
  EADDRNOTAVAIL: 'this machine does not have that address',
  ENOTFOUND: 'there is no host of that name',
};

/** An address that can't be listened on, with the reason. */
export function notListening(host: string, port: number, code: string | undefined): MillraceError {
  const why = reasons[code ?? ''] ?? `the system says ${code ?? 'nothing'}`;
  return new MillraceError('unavailable', `port ${port} of ${host} can't be opened: ${why}`);
}

/** A port that nobody has. @throws MillraceError `unavailable` if the address can't be listened on */
export function freePort(host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => reject(notListening(host, 0, error.code)));
    server.listen({ host, port: 0, exclusive: true }, () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/** Why an address can't be listened on, found by trying. */
export function whyNot(host: string, port: number): Promise<MillraceError> {
  return new Promise(resolve => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(notListening(host, port, error.code)));
    server.listen({ host, port, exclusive: true }, () => {
      server.close();
      resolve(notListening(host, port, undefined));
    });
  });
}
