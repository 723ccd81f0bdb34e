/** What is predicted of a pipeline that ships, beside what was measured. */
import { loadPipeline } from '../../engine/index.ts';
import { estimate, percentileOf, type Profile } from '../../planner/index.ts';
import { projectFile } from '../bench.ts';
import { median } from '../measure.ts';
import { figure } from '../report.ts';
import { percentilesOf, type Row } from './row.ts';
import { groupsOf, sampleAt, systemOf, type Replay } from './shipped-pipeline.ts';

/**
 * What profiles predict of a replay, beside it. They are of before and after it, since the machine's own speed drifts by
 * more than predictions should be off: their predictions' mean counts.
 * @param profiles the first is the one that the replay was made with
 */
export async function compare(
  name: string,
  profiles: readonly Profile[],
  { rate, utilisation, runs, sending }: Replay,
): Promise<Row> {
  const pipeline = await loadPipeline(projectFile(`pipelines/${name}`));
  const predicted = profiles.map(profile => {
    const { engine, ...system } = systemOf(pipeline, profile);
    const withClient = { ...system, engine: { ...engine, query: engine.query + sending } };
    const groups = groupsOf(pipeline, [profiles[0]!, profile]);
    return runs.map(
      ({ sent }) => estimate(withClient, groups, [{ ...sampleAt(rate), arrivals: sent }], []).latencies,
    );
  });
  const all = (of: readonly Float64Array[], percentile: number) =>
    of.map(latencies => percentileOf(latencies, percentile));
  const measured = runs.map(({ latencies }) => latencies);
  return {
    pipeline: name,
    rate: figure(rate),
    cv: 1,
    utilisation,
    predicted: percentilesOf(percentile => {
      const medians = predicted.map(latencies => median(all(latencies, percentile)));
      return medians.reduce((sum, time) => sum + time, 0) / medians.length;
    }),
    measured: percentilesOf(percentile => median(all(measured, percentile))),
    floor: percentilesOf(percentile => {
      const [first, second] = all(measured, percentile) as [number, number];
      return Math.abs(second / first - 1);
    }),
  };
}
