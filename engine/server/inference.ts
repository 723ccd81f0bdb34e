/** A request of the Open Inference Protocol, answered: its queries run side by side, and their outputs come stacked. */
import {
  asTensor,
  MillraceError,
  splitQueries,
  stack,
  type InferRequest,
  type InferResponse,
  type NamedTensor,
  type Parameters,
  type Tensor,
} from '../../operators/index.ts';
import type { InputValue } from '../runtime/inputs.ts';
import type { QueryResult } from '../runtime/query.ts';
import type { Caller, InferOptions, Service } from './service.ts';

export interface AnswerOptions extends InferOptions {
  /** Queries that one request may hold. */
  batch: number;
}

function parameter(
  parameters: Parameters,
  name: string,
  type: 'number' | 'boolean',
): number | boolean | undefined {
  const value = parameters[name];
  if (value === undefined || typeof value === type) return value as number | boolean | undefined;
  throw new MillraceError('invalid-input', `parameters.${name} is no ${type}`);
}

/** A parameter that is true or false, `otherwise` where it is not given. @throws MillraceError `invalid-input` */
export function flagOf(parameters: Parameters, name: string, otherwise = false): boolean {
  return (parameter(parameters, name, 'boolean') as boolean | undefined) ?? otherwise;
}

/** Milliseconds that a request gives itself, by `parameters.timeout` in microseconds; undefined: none. */
function timeoutOf({ parameters }: InferRequest): number | undefined {
  const timeout = parameter(parameters, 'timeout', 'number') as number | undefined;
  if (timeout === undefined) return undefined;
  if (timeout >= 0) return timeout / 1000;
  throw new MillraceError('invalid-input', 'parameters.timeout is below 0');
}

/** The priority a request gives itself; undefined: none. As Triton has it, 0 stands for none too. */
function priorityOf({ parameters }: InferRequest): number | undefined {
  return (parameter(parameters, 'priority', 'number') as number | undefined) || undefined;
}

/**
 * The sequence a request names, by Triton's parameters.
 * @param connection name of the sequence that requests belong to which name none
 */
export function sequenceOf({ parameters }: InferRequest, connection?: string): InferOptions['sequence'] {
  const { sequence_id: id } = parameters;
  if (typeof id === 'boolean')
    throw new MillraceError('invalid-input', 'parameters.sequence_id is no number or text');
  // Triton: 0 and an empty text stand for none.
  const named = id === undefined || id === 0 || id === '' ? undefined : String(id);
  if (named === undefined && connection === undefined) return undefined;
  const start = flagOf(parameters, 'sequence_start');
  const end = flagOf(parameters, 'sequence_end');
  return named === undefined ? { id: connection!, start, end, kept: true } : { id: named, start, end };
}

/** @throws MillraceError `invalid-input` naming an output that the pipeline does not have */
function wantedOutputs({ outputs }: InferRequest, { name, pipeline }: Service): readonly string[] {
  const known = Object.keys(pipeline.outputTypes);
  if (!outputs) return known;
  const wanted = outputs.map(output => output.name);
  const unknown = wanted.find(output => !known.includes(output));
  if (unknown === undefined) return wanted;
  const message = `pipeline "${name}" has no output "${unknown}"; it has ${known.map(output => `"${output}"`).join(', ')}`;
  throw new MillraceError('invalid-input', message);
}

/** Outputs of one query, or those of several stacked; one that was skipped is absent. */
function gather(
  results: readonly QueryResult[],
  batched: boolean,
  wanted: readonly string[],
  { pipeline }: Service,
): NamedTensor[] {
  const gathered: NamedTensor[] = [];
  for (const name of wanted) {
    const type = pipeline.outputTypes[name]!;
    const tensors: Tensor[] = [];
    for (const { outputs } of results) {
      const value = outputs[name];
      if (value !== undefined) tensors.push(asTensor(value, name, type));
    }
    if (tensors.length === 0) continue;
    if (tensors.length < results.length) {
      const message = `output "${name}" can't be stacked: ${results.length - tensors.length} of ${results.length} queries have none; send them one by one`;
      throw new MillraceError('stage-failed', message);
    }
    gathered.push({ name, tensor: batched ? stack(tensors, name) : tensors[0]! });
  }
  return gathered;
}

/**
 * Runs queries side by side; the first failure cancels the others.
 * @throws MillraceError of the first that fails
 */
export async function runQueries(
  service: Service,
  queries: readonly Readonly<Record<string, InputValue>>[],
  caller: Caller,
  options: InferOptions,
): Promise<QueryResult[]> {
  if (queries.length === 1) return [await service.infer(queries[0]!, caller, options)];
  const { signal } = options;
  const stop = new AbortController();
  const abort = () => stop.abort();
  if (signal?.aborted) abort();
  signal?.addEventListener('abort', abort, { once: true });
  const running = queries.map(inputs => service.infer(inputs, caller, { ...options, signal: stop.signal }));
  try {
    return await Promise.all(running);
  } catch (error) {
    abort();
    await Promise.allSettled(running);
    throw error;
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

/** Where a query's time went, in microseconds: its stages' queues and batches, each summed over its items. */
function timingOf({ latency, stages }: QueryResult): Parameters {
  const microseconds = (times: readonly number[]) =>
    Math.round(1000 * times.reduce((sum, time) => sum + time, 0));
  return {
    latency_us: microseconds([latency]),
    queue_us: microseconds(stages.map(({ queue }) => queue)),
    service_us: microseconds(stages.map(({ service }) => service)),
  };
}

/**
 * Answers a request. With `parameters.timing`, the answer of a single query says where its time went.
 * @throws MillraceError with a code that says why there is no answer; if one query fails, all do
 */
export async function answer(
  service: Service,
  request: InferRequest,
  caller: Caller,
  options: AnswerOptions,
): Promise<InferResponse> {
  const wanted = wantedOutputs(request, service);
  const { queries, batched } = splitQueries(request.inputs, service.pipeline.inputs, options.batch);
  const timeout = options.timeout ?? timeoutOf(request);
  const priority = options.priority ?? priorityOf(request);
  const sequence = options.sequence ?? sequenceOf(request);
  if (sequence && queries.length > 1)
    throw new MillraceError('invalid-input', 'a request of a sequence holds one query');
  if (options.partial && batched)
    throw new MillraceError(
      'invalid-input',
      'partial results are of one query; this request is a stack of them',
    );
  const isTimed = flagOf(request.parameters, 'timing') && !batched;
  // Written out, like all that is done for every query: a spread object costs several times as much.
  const own: InferOptions = {};
  if (options.signal) own.signal = options.signal;
  if (options.partial) own.partial = options.partial;
  if (timeout !== undefined) own.timeout = timeout;
  if (priority !== undefined) own.priority = priority;
  if (sequence) own.sequence = sequence;
  const results = await runQueries(service, queries, caller, own);
  const outputs = gather(results, batched, wanted, service);
  const response: InferResponse = { model_name: service.name, model_version: service.version, outputs };
  if (request.id !== undefined) response.id = request.id;
  if (isTimed) response.parameters = timingOf(results[0]!);
  return response;
}
