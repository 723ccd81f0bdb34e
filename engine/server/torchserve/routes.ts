/** TorchServe's inference API (`pytorch/serve`, `docs/inference_api.md`) on the served pipelines. */
import { MillraceError, stringify, toPlain, type PortType, type Value } from '../../../operators/index.ts';
import { callerOf, jsonReply } from '../exchange.ts';
import type { Repository } from '../repository.ts';
import type { Exchange, Route } from '../router.ts';
import type { HttpReply } from '../transport.ts';
import { managementRoutes } from './management.ts';
import { readInputs } from './read-inputs.ts';
import { refuse } from './refusal.ts';

function plain(name: string, value: Value, type: PortType): unknown {
  try {
    return toPlain(value, type);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const message = `output "${name}" is no JSON, although its port says so`;
    throw new MillraceError('stage-failed', message, { cause: error });
  }
}

/** The value itself where a pipeline has but one output, otherwise an object of those that are there. */
function written(
  outputs: Readonly<Record<string, Value>>,
  types: Readonly<Record<string, PortType>>,
): string {
  const values = Object.entries(outputs).map(([name, value]) => [name, plain(name, value, types[name]!)]);
  if (Object.keys(types).length > 1) return stringify(Object.fromEntries(values));
  return stringify(values[0]?.[1] ?? null);
}

async function predict(repository: Repository, exchange: Exchange): Promise<HttpReply> {
  const { request, values } = exchange;
  const service = repository.find(values['model']!, values['version']);
  const inputs = await readInputs(request, service.pipeline.inputs);
  const { outputs } = await service.infer(inputs, callerOf(exchange, 'torchserve'), {
    signal: request.signal,
  });
  return jsonReply(written(outputs, service.pipeline.outputTypes));
}

function ping(repository: Repository): HttpReply {
  return repository.isReady() ? jsonReply('{"status":"Healthy"}') : jsonReply('{"status":"Unhealthy"}', 500);
}

/** `/ping`, `/predictions` and, to look only, `/models`. */
export function torchServeRoutes(repository: Repository): Route[] {
  // `curl -T` puts what others post.
  const predictions = ['POST', 'PUT'].flatMap(method =>
    ['/predictions/{model}', '/predictions/{model}/{version}'].map((path): Route => ({
      method,
      path,
      access: 'open',
      refuse,
      handle: exchange => predict(repository, exchange),
    })),
  );
  return [
    { method: 'GET', path: '/ping', access: 'public', refuse, handle: () => ping(repository) },
    ...predictions,
    ...managementRoutes(repository),
  ];
}
