/** Requests of every protocol that are right but for a few places. */
import type { Chance } from './chance.ts';
import { mutateBytes, mutateJson } from './json.ts';

/** A pipeline, and what it takes. */
export interface Target {
  pipeline: string;
  input: { name: string; datatype: string; shape: number[]; data: (number | string)[] };
  /** The same elements in their binary form. */
  raw: Buffer;
}

export interface FuzzRequest {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: Buffer;
}

const parameters = [
  ['timeout', [-1, 0, 1, 1.5, 1e18, '1', null, {}]],
  ['priority', [-1, 0, 1e9, 'high']],
  ['sequence_id', [0, -1, '', {}, 'mine', 2 ** 53]],
  ['sequence_start', [1, 'true', null, true]],
  ['sequence_end', [0, 'false', [], true]],
  ['partial', [1, 'x', true]],
  ['timing', [2, {}, true]],
  ['binary_data_output', ['yes', 1, true]],
  ['binary_data_size', [-1, 1.5, 2 ** 40, '4', 0]],
  ['content_type', ['base64', 1, 'x']],
  ['traceparent', [1, '00-0-0-0', 'x'.repeat(1000)]],
] as const;

function someParameters(chance: Chance): Record<string, unknown> {
  if (chance.happens(0.5)) return {};
  const drawn = [chance.pick(parameters), chance.pick(parameters)];
  return Object.fromEntries(drawn.map(([name, values]) => [name, chance.pick<unknown>(values)]));
}

/** A query of the Open Inference Protocol that is right but for its parameters, if these. */
export function queryOf(chance: Chance, { input }: Target, id?: string): Record<string, unknown> {
  return {
    ...(id !== undefined && { id }),
    parameters: someParameters(chance),
    inputs: [{ ...input, parameters: someParameters(chance) }],
    ...(chance.happens(0.3) && { outputs: [{ name: 'out', parameters: someParameters(chance) }] }),
  };
}

/** JSON and the bytes behind it; the size of these is a lie now and then. */
export function binaryParts(chance: Chance, target: Target, id?: string): { json: Buffer; behind: Buffer } {
  const { name, datatype, shape } = target.input;
  const size = chance.happens(0.5)
    ? target.raw.length
    : chance.pick<unknown>([0, -1, 1, 3, 2 ** 32, '4', 1e300]);
  const query = {
    ...queryOf(chance, target, id),
    inputs: [{ name, datatype, shape, parameters: { binary_data_size: size } }],
  };
  const json = chance.happens(0.5) ? mutateJson(chance, query) : JSON.stringify(query);
  return {
    json: Buffer.from(json),
    behind: chance.happens(0.5) ? mutateBytes(chance, target.raw) : target.raw,
  };
}

const types = [
  '',
  'application/json',
  'text/plain',
  'image/png',
  'multipart/form-data',
  'application/octet-stream',
  'x/y+json',
  ';;;',
];
const methods = ['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD', 'POST'];

type Generator = (chance: Chance, target: Target) => FuzzRequest;

const post = (path: string, type: string, body: Buffer, more: Record<string, string> = {}): FuzzRequest => ({
  method: 'POST',
  path,
  headers: type === '' ? more : { 'content-type': type, ...more },
  body,
});

const inferPath = ({ pipeline }: Target) => `/v2/models/${pipeline}/infer`;

/** Text of JSON, whose bytes are wrong now and then. */
function textOf(chance: Chance, message: unknown): Buffer {
  const text = Buffer.from(mutateJson(chance, message));
  return chance.happens(0.2) ? mutateBytes(chance, text) : text;
}

const json: Generator = (chance, target) =>
  post(inferPath(target), 'application/json', textOf(chance, queryOf(chance, target, 'q')));

const binary: Generator = (chance, target) => {
  const { json: head, behind } = binaryParts(chance, target);
  const length = chance.happens(0.4)
    ? String(head.length)
    : chance.pick([
        '0',
        '1',
        '-1',
        '1e3',
        'x',
        '99999999',
        '999999999999999999',
        String(head.length + 1),
        String(head.length - 1),
      ]);
  return post(inferPath(target), 'application/octet-stream', Buffer.concat([head, behind]), {
    'inference-header-content-length': length,
  });
};

const raw: Generator = (chance, target) =>
  post(inferPath(target), chance.pick(types), mutateBytes(chance, target.raw));

const tensorFlow: Generator = (chance, { pipeline, input }) => {
  const message = chance.pick<unknown>([
    { instances: [input.data] },
    { instances: [{ [input.name]: input.data }, { [input.name]: input.data }] },
    { inputs: { [input.name]: [input.data] }, signature_name: 'serving_default' },
    { examples: [{ [input.name]: input.data }], context: { [input.name]: input.data[0] } },
    { instances: [{ b64: 'AAAA' }] },
  ]);
  const verb = chance.pick(['predict', 'predict', 'classify', 'regress']);
  return post(`/v1/models/${pipeline}:${verb}`, 'application/json', textOf(chance, message));
};

const torchServe: Generator = (chance, { pipeline, input, raw: bytes }) => {
  const part = `--b\r\ncontent-disposition: form-data; name="${input.name}"; filename="f"\r\n\r\n`;
  const form = Buffer.concat([Buffer.from(part), bytes, Buffer.from('\r\n--b--\r\n')]);
  const type = chance.pick([
    'multipart/form-data; boundary=b',
    'multipart/form-data',
    'multipart/form-data; boundary="',
    'application/x-www-form-urlencoded',
    'application/json',
    'application/octet-stream',
  ]);
  return post(`/predictions/${pipeline}`, type, mutateBytes(chance, chance.happens(0.7) ? form : bytes));
};

const elsewhere: Generator = (chance, target) => {
  const path = chance.pick([
    '/v2/models/%zz/infer',
    '/v2/models/%00/infer',
    '/v2/models/nobody/infer',
    `/v2/models/${target.pipeline}/versions/99/infer`,
    `/v2/models/${target.pipeline}/versions/__proto__/infer`,
    '/v2/models/constructor',
    '/v1/models/__proto__:predict',
    '/predictions/..%2f..%2fetc',
    '/v2/repository/index',
    '/v2/millrace/status',
    '//',
    '/metrics',
    `/${'x'.repeat(2000)}`,
    inferPath(target),
  ]);
  const body = textOf(chance, { ready: true });
  const method = chance.pick(methods);
  const request = post(
    path,
    chance.pick(types),
    body,
    chance.happens(0.3) ? { 'content-encoding': chance.pick(['gzip', 'br', 'deflate', 'zstd', 'x']) } : {},
  );
  return method === 'GET' || method === 'HEAD'
    ? { ...request, method, body: Buffer.alloc(0) }
    : { ...request, method };
};

const generators = [json, json, json, binary, binary, raw, tensorFlow, tensorFlow, torchServe, elsewhere];

export function httpRequest(chance: Chance, targets: readonly Target[]): FuzzRequest {
  return chance.pick(generators)(chance, chance.pick(targets));
}

/** What a client writes that knows HTTP by hearsay. */
export function rawRequest(chance: Chance, targets: readonly Target[]): Buffer {
  const { method, path, headers, body } = httpRequest(chance, targets);
  const length = chance.pick([body.length, body.length, body.length + 5, 0, -1, 1e12, 'x']);
  const framing = chance.pick([
    `content-length: ${length}`,
    'transfer-encoding: chunked',
    'content-length: 3\r\ncontent-length: 4',
  ]);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const head = Buffer.from([`${method} ${path} HTTP/1.1`, 'host: x', ...lines, framing, '', ''].join('\r\n'));
  return Buffer.concat([chance.happens(0.5) ? mutateBytes(chance, head) : head, body]);
}
