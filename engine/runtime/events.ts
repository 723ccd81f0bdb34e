/** What happens in an engine beside its queries' answers, for those who count. Listeners must not throw. */
export interface EngineEvents {
  /** A replica gave its results. */
  batchDone?(batch: { group: string; hardware: string; items: number }): void;
  /** A replica ended on its own or could not be reached any more; it is replaced. */
  replicaLost?(group: string): void;
}
