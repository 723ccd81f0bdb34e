/** The plan that runs: what was predicted of it, beside what is measured. */
import { duration, rate, share } from './format.ts';
import type { PipelineStatus, Plan } from './status.ts';

function numbersOf(value: unknown): Readonly<Record<string, number>> {
  const entries = value !== null && typeof value === 'object' ? Object.entries(value) : [];
  return Object.fromEntries(
    entries.filter((entry): entry is [string, number] => typeof entry[1] === 'number'),
  );
}

function workloadOf({ workload }: Plan): string {
  if (!workload) return '';
  const { rate: perSecond, cv, trace } = workload;
  const arrivals = [
    ...(perSecond === undefined ? [] : [rate(Number(perSecond.toPrecision(3)))]),
    ...(cv === undefined ? [] : [`CV ${cv}`]),
    ...(trace === undefined ? [] : [trace]),
  ];
  return `Made for ${arrivals.join(', ')}. `;
}

function Latencies({
  pipeline,
  predicted,
}: {
  pipeline: PipelineStatus;
  predicted: Readonly<Record<string, number>>;
}) {
  const measured: Readonly<Record<string, number | null>> = { ...pipeline.recent.latency };
  const names = Object.keys(predicted).filter(name => /^p\d/.test(name));
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">latency</th>
          <th scope="col">predicted</th>
          <th scope="col">last minute</th>
          <th scope="col">SLO</th>
        </tr>
      </thead>
      <tbody>
        {names.map(name => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>{duration(predicted[name])}</td>
            <td>{duration(measured[name])}</td>
            <td>
              {duration(pipeline.objectives.find(({ percentile }) => `p${percentile}` === name)?.limit)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Pools({
  pipeline,
  utilisation,
}: {
  pipeline: PipelineStatus;
  utilisation: Readonly<Record<string, number>>;
}) {
  return (
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
        {pipeline.groups.map(({ name, pools }) => {
          const busy = pools.reduce((sum, pool) => sum + pool.busy, 0);
          const all = pools.reduce((sum, pool) => sum + pool.busy + pool.idle, 0);
          const replicas = pools.map(
            pool => `${pool.busy + pool.idle} × ${pool.hardware}, batch ${pool.batch}`,
          );
          return (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{replicas.join('; ')}</td>
              <td>{share(utilisation[name])}</td>
              <td>{`${busy} of ${all}`}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

export function PlanTable({ pipeline }: { pipeline: PipelineStatus }) {
  const { plan } = pipeline;
  if (!plan) {
    return (
      <>
        <p class="muted">
          No plan was given: the pipeline runs on this machine by the default rule. <code>millrace plan</code>{' '}
          makes one, with predictions to compare with.
        </p>
        <div class="scroll">
          <Pools pipeline={pipeline} utilisation={{}} />
        </div>
      </>
    );
  }
  const predicted = numbersOf(plan.predicted);
  const cost = predicted['cost'] ?? 0;
  return (
    <>
      <p class="muted small">
        {workloadOf(plan)}
        {cost > 0 && `$${cost}/h.`}
      </p>
      <div class="scroll">
        <Latencies pipeline={pipeline} predicted={predicted} />
        <Pools pipeline={pipeline} utilisation={numbersOf(plan.predicted?.['utilisation'])} />
      </div>
    </>
  );
}
