/** Where a query's time goes: queue and service of each stage, and its batches. */
import { duration } from './format.ts';
import type { PipelineStatus } from './status.ts';

export function StagesTable({ pipeline: { stages, groups, recent } }: { pipeline: PipelineStatus }) {
  return (
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th scope="col">stage</th>
            <th scope="col">items</th>
            <th scope="col">queue</th>
            <th scope="col">p99</th>
            <th scope="col">service</th>
            <th scope="col">p99</th>
            <th scope="col">batch</th>
            <th scope="col">waiting</th>
          </tr>
        </thead>
        <tbody>
          {stages.map(({ name, recent: { rate, queue, service } }) => {
            const group = groups.find(({ stages }) => stages.includes(name));
            return (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>{recent.rate > 0 ? Number((rate / recent.rate).toPrecision(2)) : '–'}</td>
                <td>{duration(queue.p50)}</td>
                <td>{duration(queue.p99)}</td>
                <td>{duration(service.p50)}</td>
                <td>{duration(service.p99)}</td>
                <td>{group?.recent.meanBatch?.toFixed(2) ?? '–'}</td>
                <td>{group?.waiting ?? 0}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
