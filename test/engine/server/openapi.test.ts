import { Validator as SchemaValidator, type Schema } from '@cfworker/json-schema';
import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, it } from 'vitest';
import { openApiRoutes, streamPaths } from '../../../engine/server/openapi/routes.ts';
import { openInferenceRoutes } from '../../../engine/server/open-inference/routes.ts';
import type { Repository } from '../../../engine/server/repository.ts';
import type { Route } from '../../../engine/server/router.ts';
import { tensorflowServingRoutes } from '../../../engine/server/tensorflow-serving/routes.ts';
import { torchServeRoutes } from '../../../engine/server/torchserve/routes.ts';
import { loadPipeline } from '../../../pipelines/index.ts';
import { call, madePipeline, mirror, repositoryOf, serviceOf, textOfReply } from '../../support/served.ts';

interface Operation {
  summary: string;
  operationId: string;
  parameters?: { name: string; in: string; schema: { enum?: string[] } }[];
  requestBody?: { content: Record<string, { example?: unknown; schema: Schema }> };
  responses: Record<string, { content: Record<string, { schema: Schema }> }>;
  security: object[];
}

interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: object;
}

const limits = { batch: 10 };
const text = '{ datatype: BYTES, shape: [1] }';

function routesOf(repository: Repository): Route[] {
  return [
    ...openInferenceRoutes(repository, { limits, version: '0' }),
    ...tensorflowServingRoutes(repository, limits),
    ...torchServeRoutes(repository),
  ];
}

async function documentOf(repository: Repository, hasKeys = false): Promise<Document> {
  const routes = openApiRoutes(repository, [...routesOf(repository), ...streamPaths], {
    version: '1.2.3',
    hasKeys,
  });
  const reply = await call(routes, 'GET', '/openapi.json');
  expect(await call(routes, 'OPTIONS', '/')).toEqual(reply);
  return JSON.parse(textOfReply(reply)) as Document;
}

const operationsOf = ({ paths }: Document) =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );

/** One pipeline of every kind of port, and one in two versions. */
async function mixed(): Promise<Repository> {
  const ports = await mirror({
    text,
    image_bytes: text,
    grid: '{ datatype: UINT8, shape: [2, 3] }',
    free: '{ datatype: FP32, shape: [n, -1] }',
    flag: '{ datatype: BOOL, shape: [] }',
    long: '{ datatype: INT64, shape: [1] }',
  });
  const large = await mirror({ pixels: '{ datatype: FP32, shape: [3, 224, 224] }' }, 'large');
  const lists = await madePipeline({
    name: 'a.list-1',
    inputs: '{ n: { datatype: FP32, shape: [1] } }',
    stages: '  a: { operator: ./operators.mjs#numbers, inputs: { n: inputs.n } }',
    outputs: '{ numbers: a.list }',
  });
  return repositoryOf(
    serviceOf(ports),
    serviceOf(large),
    serviceOf(lists),
    serviceOf(lists, { version: '2' }),
  );
}

describe('the document', () => {
  it('is valid OpenAPI 3.1, whatever is served', async () => {
    const document = await documentOf(await mixed());
    const validator = new Validator();
    expect(await validator.validate(document as never)).toMatchObject({ valid: true });
    expect(validator.version).toBe('3.1');
    expect((await new Validator().validate((await documentOf(await repositoryOf())) as never)).valid).toBe(
      true,
    );
  });

  it('describes every route in words of its own, once', async () => {
    const operations = operationsOf(await documentOf(await mixed()));
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    // What is not described has its method and path for a summary.
    for (const { operation } of operations) expect(operation.summary).not.toMatch(/^[A-Z]+ \//);
  });

  it('names the versions there are', async () => {
    const { paths } = await documentOf(await mixed());
    const enumOf = (path: string) => paths[path]?.['post']?.parameters?.map(({ schema }) => schema.enum);
    expect(enumOf('/v2/models/a.list-1/versions/{version}/infer')).toEqual([['1', '2']]);
    expect(enumOf('/v1/models/a.list-1/labels/{label}:predict')).toEqual([['1', '2', 'latest']]);
    expect(enumOf('/predictions/made/{version}')).toEqual([['1']]);
  });

  it('says where a key is needed', async () => {
    const securityOf = ({ paths }: Document) =>
      [
        paths['/ping']?.['get'],
        paths['/predictions/made']?.['post'],
        paths['/v2/repository/models/made/load']?.['post'],
      ].map(operation => operation?.security.length);
    expect(securityOf(await documentOf(await mixed()))).toEqual([0, 0, 2]);
    expect(securityOf(await documentOf(await mixed(), true))).toEqual([0, 2, 2]);
  });
});

describe('every example', () => {
  /** Sends every example; both it and its answer must fit their schemas. */
  async function examplesWork(repository: Repository): Promise<string[]> {
    const routes = routesOf(repository);
    const document = await documentOf(repository);
    const { components } = document;
    const mistakes = (schema: Schema, value: unknown) =>
      new SchemaValidator({ ...schema, components }, '2020-12', false).validate(value).errors;
    const asked = operationsOf(document).flatMap(({ path, method, operation }) =>
      Object.entries(operation.requestBody?.content ?? {}).flatMap(([type, { example, schema }]) =>
        example === undefined || path.includes('{')
          ? []
          : [{ path, method, type, example, schema, operation }],
      ),
    );
    for (const { path, method, type, example, schema, operation } of asked) {
      expect([path, mistakes(schema, example)]).toEqual([path, []]);
      const headers = { 'content-type': type };
      const reply = await call(routes, method.toUpperCase(), path, {
        headers,
        body: JSON.stringify(example),
      });
      expect([path, textOfReply(reply), reply.status]).toEqual([path, expect.anything(), 200]);
      const replied = operation.responses['200']!.content['application/json']!.schema;
      expect([path, mistakes(replied, JSON.parse(textOfReply(reply)))]).toEqual([path, []]);
    }
    return asked.map(({ path, method }) => `${method} ${path}`);
  }

  it('is answered as it says, in each protocol', async () => {
    const asked = await examplesWork(await mixed());
    expect(asked).toEqual(
      expect.arrayContaining([
        'post /v2/models/made/infer',
        'post /v1/models/made:predict',
        'post /predictions/made',
        'post /v1/models/a.list-1:predict',
        'post /v2/repository/index',
      ]),
    );
    // 150,528 numbers would be no example to read.
    expect(asked.filter(path => path.includes('large'))).toEqual([]);
  });

  it('of a shipped pipeline is a picture or a recording that it can read', async () => {
    const pipelines = await Promise.all(
      ['fashion', 'fashion/tensor.yaml', 'speech'].map(name => loadPipeline(`pipelines/${name}`)),
    );
    const services = pipelines.map(pipeline => serviceOf(pipeline));
    const asked = await examplesWork(await repositoryOf(...services));
    await Promise.all(services.map(service => service.unload()));
    expect(asked).toEqual(
      expect.arrayContaining([
        'post /v2/models/fashion/infer',
        'post /v1/models/fashion:classify',
        'post /v1/models/fashion-tensor:predict',
        'post /predictions/speech',
      ]),
    );
  });
});
