/** A server's end of its supervision. */

/** Set for a server that is supervised: empty for the first, the port of those before for the others. */
export const environmentKey = 'MILLRACE_SUPERVISED';
/** Milliseconds between signs of life. */
export const beat = 1000;

/** What a supervised server says; anything is a sign of life. */
export interface Message {
  /** It answers queries, on this port. */
  port?: number;
}

export interface Supervised {
  /** That of the server before it; undefined: it is the first, and takes the port asked for. */
  port: number | undefined;
  /** Resolves when there is no supervisor any more. */
  abandoned: Promise<void>;
  /** Tells the supervisor that it answers. */
  ready(port: number): void;
}

function tell(message: Message): void {
  // The supervisor may have ended just now, which `abandoned` tells.
  if (process.connected) process.send!(message, undefined, undefined, () => undefined);
}

/** Begins to give signs of life; null: nobody supervises this process. */
export function supervised(): Supervised | null {
  const given = process.env[environmentKey];
  // What it starts itself is none of the supervisor's.
  delete process.env[environmentKey];
  if (given === undefined || !process.send) return null;
  setInterval(() => tell({}), beat).unref();
  tell({});
  return {
    port: given === '' ? undefined : Number(given),
    abandoned: new Promise(resolve => process.once('disconnect', () => resolve())),
    ready: port => tell({ port }),
  };
}
