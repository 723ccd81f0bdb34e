/** Running queries, and what became of each. */
import { MillraceError, stringify, toPlain } from '../../operators/index.ts';
import type { BoundPipeline, Objective } from '../../pipelines/index.ts';
import type { Engine, QueryResult } from '../index.ts';
import type { QueryInputs } from './query-inputs.ts';

/** How one query ended. */
export interface Outcome {
  label: string;
  result?: QueryResult;
  error?: MillraceError;
}

function objectivesOf(slo: readonly Objective[]): Record<string, number> {
  return Object.fromEntries(slo.map(({ percentile, limit }) => [`p${percentile}`, limit]));
}

/** A query's line of JSON, as `--json` and `--out` write it. */
export function jsonLine(pipeline: BoundPipeline, { result, error }: Outcome): string {
  const slo = objectivesOf(pipeline.slo);
  if (!result) {
    const { code, message, stage } = error!;
    return stringify({ error: { code, message, stage }, slo });
  }
  const plain = (values: QueryResult['outputs']) =>
    Object.fromEntries(
      Object.entries(values).map(([name, value]) => [name, toPlain(value, pipeline.outputTypes[name])]),
    );
  const shown = Object.keys(result.shown).length > 0 ? plain(result.shown) : undefined;
  return stringify({
    outputs: plain(result.outputs),
    shown,
    stages: result.stages,
    latency: result.latency,
    slo,
  });
}

/** Runs all queries, at most `concurrency` at a time, and hands over each outcome in the order asked. */
export async function runAll(
  engine: Engine,
  queries: readonly QueryInputs[],
  count: number,
  concurrency: number,
  deliver: (outcome: Outcome, index: number) => Promise<void>,
): Promise<void> {
  const flights: Promise<Outcome>[] = [];
  const start = (index: number): Promise<Outcome> => {
    const { label, inputs } = queries[index % queries.length]!;
    return engine.infer(inputs).then(
      result => ({ label, result }),
      (error: unknown) => {
        if (error instanceof MillraceError) return { label, error };
        throw error;
      },
    );
  };
  for (let index = 0, next = 0; index < count; index++) {
    while (next < count && next < index + concurrency) flights.push(start(next++));
    await deliver(await flights.shift()!, index);
  }
}
