/** Where what was counted can be had. */
import type { Registry } from 'prom-client';
import { jsonReply, refuseAsJson } from '../exchange.ts';
import type { Handler, Route } from '../router.ts';
import type { Observed } from './observed.ts';
import { reportStatus } from './report-status.ts';
import { modelStatistics } from './statistics.ts';

export function observeRoutes(observed: Observed, registry: Registry): Route[] {
  const { repository, recorders } = observed;
  const route = (path: string, handle: Handler): Route => {
    return { method: 'GET', path, access: 'open', refuse: refuseAsJson, handle };
  };
  const statistics: Handler = ({ values }) => {
    const { model, version } = values;
    // As Triton: all versions, unless one is named. Asking for what is not there is an error.
    if (model !== undefined) repository.find(model, version);
    const model_stats = repository
      .all()
      .filter(({ name }) => model === undefined || name === model)
      .filter(service => version === undefined || service.version === version)
      .map(service => modelStatistics(recorders.ofService(service)));
    return jsonReply(JSON.stringify({ model_stats }));
  };
  return [
    route('/metrics', async () => ({
      status: 200,
      headers: { 'content-type': registry.contentType },
      body: await registry.metrics(),
    })),
    route('/v2/millrace/status', () => jsonReply(JSON.stringify(reportStatus(observed)))),
    route('/v2/models/stats', statistics),
    route('/v2/models/{model}/stats', statistics),
    route('/v2/models/{model}/versions/{version}/stats', statistics),
  ];
}
