import type { Service } from '../service.ts';
import { inputExamples, shown } from './examples.ts';
import { body, replies, type Descriptions, type MediaType, type Operation } from './operation.ts';
import { given, objectOf, plain, type Schema } from './schemas.ts';

const tags = ['TorchServe'] as const;
const error = 'TorchServeError';

function predict(service: Service): Operation {
  const { inputs, outputTypes, description } = service.pipeline;
  const examples = inputExamples(service.pipeline);
  const example =
    examples && Object.fromEntries(Object.entries(examples).map(([name, value]) => [name, shown(value)]));
  const [first, ...more] = Object.values(examples ?? {});
  const raw: Record<string, MediaType> =
    first?.tensor.datatype === 'BYTES' && first.tensor.data.length === 1 && more.length === 0
      ? { [first.media]: { schema: { description: 'The only input itself' } } }
      : {};
  const form: Schema = objectOf(inputs, ({ datatype }) =>
    datatype === 'BYTES' ? { type: 'string', format: 'binary' } : { type: 'string', description: 'JSON' },
  );
  const types = Object.values(outputTypes);
  const response = types.length === 1 ? plain(types[0]!) : { ...objectOf(outputTypes, plain), required: [] };
  return {
    tags,
    summary: `Predict with ${service.name}`,
    description,
    requestBody: body(objectOf(inputs, given), example ?? undefined, {
      'multipart/form-data': { schema: form },
      ...raw,
    }),
    responses: replies('The only output itself, or an object of them', response, { error }),
  };
}

function told(summary: string, example?: unknown): Operation {
  return { tags, summary, responses: replies(summary, {}, { example, error }) };
}

const page = ['limit', 'next_page_token'].map(name => ({
  name,
  in: 'query',
  schema: { type: 'integer', minimum: 0 },
}));

export const torchServe: Descriptions = {
  whole: {
    'GET /ping': told('Whether all pipelines are ready', { status: 'Healthy' }),
    'GET /models': { ...told('Names of all pipelines'), parameters: page },
  },
  each: {
    'POST /predictions/{model}': predict,
    'PUT /predictions/{model}': predict,
    'GET /models/{model}': ({ name }) => told(`How ${name} runs`),
    'GET /models/{model}/all': ({ name }) => told(`How all versions of ${name} run`),
  },
};
