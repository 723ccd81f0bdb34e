/** What the runtime needs of a logger; pino's fits. */
export interface Log {
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export const silentLog: Log = { warn: () => undefined, error: () => undefined };
