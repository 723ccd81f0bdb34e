const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Calls `tell` if a signal ends the process, which then ends as it would have anyway, so that a shell sees what ended
 * it. Returns what stops listening.
 */
export function whenInterrupted(tell: () => void): () => void {
  const stop = () => {
    for (const signal of signals) process.off(signal, interrupted);
  };
  const interrupted = (signal: NodeJS.Signals) => {
    stop();
    tell();
    process.kill(process.pid, signal);
  };
  for (const signal of signals) process.on(signal, interrupted);
  return stop;
}
