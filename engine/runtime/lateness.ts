/** What a client is told of a query that can't be answered in time. */

export function inMilliseconds(time: number): string {
  return `${Math.round(time)} ms`;
}

/** @param least milliseconds from the start of that stage to the end of the query @param left milliseconds */
export function needs(stage: string, least: number, left: number): string {
  const has = Math.max(0, Math.floor(left));
  if (least === 0) return `the query's time was over before stage "${stage}" began`;
  return `stage "${stage}" and what follows need ${inMilliseconds(Math.ceil(least))}, ${inMilliseconds(has)} left`;
}
