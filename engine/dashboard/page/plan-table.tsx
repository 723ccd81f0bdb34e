/** The plan that runs: what was predicted of it, beside what is measured. */
import { duration, share } from './format.ts';
import type { PipelineStatus } from './status.ts';

export function PlanTable({ pipeline }: { pipeline: PipelineStatus }) {
  const { plan, latency, groups, slo } = pipeline;
  if (!plan) {
    return (
      <p class="muted">
        No plan was given: the pipeline runs on this machine by the default rule. <code>millrace plan</code>{' '}
        makes one, with predictions to compare with.
      </p>
    );
  }
  const measured: Readonly<Record<string, number>> = { ...latency };
  return (
    <>
      <p class="muted small">
        {plan.workload !== null && `Made for ${plan.workload}. `}
        {plan.cost !== null && plan.cost > 0 && `$${plan.cost}/h.`}
      </p>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">latency</th>
              <th scope="col">predicted</th>
              <th scope="col">measured, last minute</th>
              <th scope="col">SLO</th>
            </tr>
          </thead>
          <tbody>
            {Object.entries(plan.latency).map(([name, predicted]) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>{duration(predicted)}</td>
                <td>{duration(measured[name])}</td>
                <td>{duration(slo[name])}</td>
              </tr>
            ))}
          </tbody>
        </table>
        <table>
          <thead>
            <tr>
              <th scope="col">group</th>
              <th scope="col">replicas</th>
              <th scope="col">busy, predicted</th>
              <th scope="col">now</th>
            </tr>
          </thead>
          <tbody>
            {groups.map(({ name, pools }) => {
              const busy = pools.reduce((sum, pool) => sum + pool.busy, 0);
              const all = pools.reduce((sum, pool) => sum + pool.busy + pool.idle, 0);
              return (
                <tr key={name}>
                  <th scope="row">{name}</th>
                  <td>
                    {pools
                      .map(pool => `${pool.busy + pool.idle} × ${pool.hardware}, batch ${pool.batch}`)
                      .join('; ')}
                  </td>
                  <td>{share(plan.utilisation[name])}</td>
                  <td>{`${busy} of ${all}`}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </>
  );
}
