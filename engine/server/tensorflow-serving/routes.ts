/** TensorFlow Serving's REST API (`tensorflow/serving`, `g3doc/api_rest.md`) on the served pipelines. */
import type { QueryResult } from '../../runtime/query.ts';
import { callerOf, jsonReply, mediaType, refuseAsJson, unsupported } from '../exchange.ts';
import { answer, runQueries } from '../inference.ts';
import type { ServerLimits } from '../limits.ts';
import type { Repository } from '../repository.ts';
import type { Exchange, PathValues, Route } from '../router.ts';
import type { Service } from '../service.ts';
import type { HttpReply, HttpRequest } from '../transport.ts';
import { classification, regression } from './examples.ts';
import { modelMetadata, modelStatus } from './metadata.ts';
import { readExamples, readPredictRequest } from './read-request.ts';
import { writeColumns, writePredictions } from './write.ts';

const protocol = 'tensorflow-serving';

/** The label that stands for the version a request without one gets. */
const latest = 'latest';

/** What clients send JSON as: `curl -d` and `fetch` of a text name these types unless told otherwise. */
const jsonTypes = ['', 'application/json', 'text/json', 'text/plain', 'application/x-www-form-urlencoded'];

async function bodyOf(request: HttpRequest): Promise<Uint8Array> {
  const type = mediaType(request);
  if (!jsonTypes.includes(type) && !type.endsWith('+json')) throw unsupported(type, 'application/json');
  return request.body();
}

/** Labels are the names of versions, which need not be numbers here. */
function find(repository: Repository, { model, version, label }: PathValues): Service {
  return repository.find(model!, version ?? (label === latest ? undefined : label));
}

function status(repository: Repository, values: PathValues): HttpReply {
  const found = find(repository, values);
  const all = values['version'] === undefined && values['label'] === undefined;
  const services = all ? repository.all().filter(({ name }) => name === found.name) : [found];
  return jsonReply(JSON.stringify(modelStatus(services)));
}

async function predict(service: Service, exchange: Exchange, batch: number): Promise<string> {
  const { request } = exchange;
  const { inputs, outputTypes } = service.pipeline;
  const read = readPredictRequest(await bodyOf(request), inputs, batch);
  const caller = callerOf(exchange, protocol);
  const names = Object.keys(outputTypes);
  if ('rows' in read) {
    const results = await runQueries(service, read.rows, caller, { signal: request.signal });
    return writePredictions(
      names,
      results.map(({ outputs }) => outputs),
    );
  }
  const asked = { inputs: read.columns, parameters: {} };
  const { outputs } = await answer(service, asked, caller, { batch, signal: request.signal });
  return writeColumns(names, outputs);
}

/** @param writerOf how results are written; refuses a pipeline whose outputs don't fit */
async function judge(
  service: Service,
  exchange: Exchange,
  batch: number,
  writerOf: (service: Service) => (results: readonly QueryResult[]) => string,
): Promise<string> {
  const { request } = exchange;
  const write = writerOf(service);
  const queries = readExamples(await bodyOf(request), service.pipeline.inputs, batch);
  return write(await runQueries(service, queries, callerOf(exchange, protocol), { signal: request.signal }));
}

/** Routes under `/v1/models`. */
export function tensorflowServingRoutes(
  repository: Repository,
  { batch }: Pick<ServerLimits, 'batch'>,
): Route[] {
  const models = ['', '/versions/{version}', '/labels/{label}'].map(which => `/v1/models/{model}${which}`);
  const get = (path: string, handle: Route['handle']): Route => ({
    method: 'GET',
    path,
    access: 'open',
    refuse: refuseAsJson,
    handle,
  });
  const post = (path: string, reply: (service: Service, exchange: Exchange) => Promise<string>): Route => ({
    method: 'POST',
    path,
    access: 'open',
    refuse: refuseAsJson,
    handle: async exchange => jsonReply(await reply(find(repository, exchange.values), exchange)),
  });
  return models.flatMap(path => [
    post(`${path}:predict`, (service, exchange) => predict(service, exchange, batch)),
    post(`${path}:classify`, (service, exchange) => judge(service, exchange, batch, classification)),
    post(`${path}:regress`, (service, exchange) => judge(service, exchange, batch, regression)),
    get(`${path}/metadata`, ({ values }) =>
      jsonReply(JSON.stringify(modelMetadata(find(repository, values)))),
    ),
    get(path, ({ values }) => status(repository, values)),
  ]);
}
