import { describe, expect, it } from 'vitest';
import { KeyAccess } from '../../../engine/server/access/key-access.ts';
import { hashOf, KeyRing, newKey } from '../../../engine/server/access/key-ring.ts';
import { loadKeys, parseKeys, type Key } from '../../../engine/server/access/keys-file.ts';
import { Origins } from '../../../engine/server/access/origins.ts';
import { TokenBucket } from '../../../engine/server/access/token-bucket.ts';
import { MillraceError } from '../../../operators/index.ts';
import { pointAt } from '../../support/pipelines.ts';
import { headOf, mirror, repositoryOf, serviceOf } from '../../support/served.ts';

const [shop, operations] = [newKey(), newKey()];
const keys: Key[] = [
  { name: 'shop', sha256: hashOf(shop), pipelines: ['ocr'], rate: 2 },
  { name: 'operations', sha256: hashOf(operations).toUpperCase(), manage: true },
];

const origins = new Origins([], 'localhost');

const head = (headers: Record<string, string> = {}) => headOf('GET', '/', headers);
const bearer = (key: string) => head({ authorization: `Bearer ${key}` });

function reasonOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(MillraceError);
    const { code, message } = error as MillraceError;
    return `${code}: ${message}`;
  }
  return 'nothing was thrown';
}

describe('access with keys', () => {
  const access = new KeyAccess(keys, origins);

  it('takes a key wherever clients can put it', () => {
    const carrier = `millrace.v1, key.${Buffer.from(shop).toString('base64url')}`;
    for (const request of [
      bearer(shop),
      head({ authorization: `bearer  ${shop} ` }),
      head({ 'x-api-key': shop }),
      head({ 'sec-websocket-protocol': carrier }),
    ])
      expect(access.check(request, 'open', 'ocr')).toBe('shop');
    expect(access.check(bearer(operations), 'manage', 'ocr')).toBe('operations');
    expect(access.hasKeys).toBe(true);
  });

  it.each([
    ['no key', head(), 'send a key: "Authorization: Bearer KEY"'],
    ['a password', head({ authorization: 'Basic YTpi' }), 'send a key'],
    ['another key', bearer(newKey()), 'the key is not known'],
    ['a hash', bearer(hashOf(shop)), 'the key is not known'],
    ['no base64url', head({ 'sec-websocket-protocol': 'key.&&' }), 'the key is not known'],
  ])('refuses %s', (_, request, reason) => {
    expect(reasonOf(() => access.check(request, 'open', 'ocr'))).toContain(`unauthenticated: ${reason}`);
  });

  it('lets everybody see what is public, and says who it is where it can', () => {
    expect(access.check(head(), 'public')).toBe('192.0.2.1');
    expect(access.check(bearer('wrong'), 'public')).toBe('192.0.2.1');
    expect(access.check(bearer(shop), 'public')).toBe('shop');
  });

  it('keeps a key to its pipelines, and management to those that may', () => {
    expect(access.check(bearer(shop), 'open')).toBe('shop');
    expect(reasonOf(() => access.check(bearer(shop), 'open', 'speech'))).toBe(
      'unauthenticated: key "shop" may not use pipeline "speech"',
    );
    expect(reasonOf(() => access.check(bearer(shop), 'manage', 'ocr'))).toBe(
      'unauthenticated: key "shop" may not manage',
    );
  });

  it('tells a client what to send', () => {
    const error = new MillraceError('unauthenticated', '');
    expect(access.refusalHeaders(error, '')).toEqual({ 'www-authenticate': 'Bearer realm="millrace"' });
    expect(access.refusalHeaders(new MillraceError('not-found', ''), 'shop')).toEqual({});
  });
});

describe('access without keys', () => {
  const access = new KeyAccess(null, origins);

  it('is open to all, except for management', () => {
    expect(access.hasKeys).toBe(false);
    expect(access.check(head(), 'open', 'ocr')).toBe('192.0.2.1');
    expect(access.check(bearer(shop), 'public')).toBe('192.0.2.1');
    expect(reasonOf(() => access.check(bearer(operations), 'manage'))).toBe(
      'unauthenticated: management calls need a key; start the server with --keys FILE (millrace new key NAME --manage --file FILE makes both)',
    );
    access.admit({ client: '192.0.2.1' });
  });
});

describe('a rate', () => {
  it('counts every query, of batches too, and comes back with time', async () => {
    let now = 0;
    const access = new KeyAccess(keys, origins, () => now);
    const service = serviceOf(await mirror({ text: '{ datatype: BYTES, shape: [1] }' }), {
      admit: access.admit,
    });
    await repositoryOf(service);
    const ask = (client: string) =>
      service.infer({ text: 'a' }, { client, requestId: '', protocol: 'stream' }).then(
        () => 'answered',
        ({ code, message }: MillraceError) => `${code}: ${message}`,
      );
    const refused = 'overloaded: key "shop" may ask 2 queries per second; try again in 0.50 s';
    expect(await Promise.all(['shop', 'shop', 'shop', 'operations'].map(ask))).toEqual([
      'answered',
      'answered',
      refused,
      'answered',
    ]);
    const error = new MillraceError('overloaded', '');
    expect(access.refusalHeaders(error, 'shop')).toEqual({ 'retry-after': '1' });
    expect(access.refusalHeaders(error, 'operations')).toEqual({ 'retry-after': '1' });
    now = 500;
    expect(await ask('shop')).toBe('answered');
    now = 600;
    expect(await ask('shop')).toContain('try again in 0.40 s');
  });

  it('may allow bursts, and a slow one says how long to wait', () => {
    let now = 0;
    const access = new KeyAccess(
      [{ name: 'slow', sha256: hashOf('x'), rate: 0.1, burst: 3 }],
      origins,
      () => now,
    );
    for (let query = 0; query < 3; query++) access.admit({ client: 'slow' });
    expect(() => access.admit({ client: 'slow' })).toThrow('try again in 10.00 s');
    expect(access.refusalHeaders(new MillraceError('overloaded', ''), 'slow')).toEqual({
      'retry-after': '10',
    });
    now = 1_000_000;
    for (let query = 0; query < 3; query++) access.admit({ client: 'slow' });
    expect(() => access.admit({ client: 'slow' })).toThrow(MillraceError);
  });

  it('gives as many tokens in the long run as it says', () => {
    let now = 0;
    const bucket = new TokenBucket(100, 10, () => now);
    let taken = 0;
    for (; now < 60_000; now += 1) if (bucket.take()) taken++;
    expect(taken).toBeGreaterThanOrEqual(6000);
    expect(taken).toBeLessThanOrEqual(6010);
  });
});

describe('a key', () => {
  it('is of 256 random bits, and none like another', () => {
    const made = new Set(Array.from({ length: 100 }, newKey));
    expect(made.size).toBe(100);
    for (const key of made) expect(key).toMatch(/^millrace_[\w-]{43}$/);
  });

  it('is found by its hash among others', () => {
    const ring = new KeyRing(keys);
    expect(ring.find(operations)?.name).toBe('operations');
    expect(ring.find('')).toBeUndefined();
    expect(new KeyRing([]).find(shop)).toBeUndefined();
  });
});

describe('the file of keys', () => {
  const sha256 = hashOf('x');
  const mistakesIn = (entry: string) =>
    parseKeys(`millrace: keys/1\nkeys:\n  - ${entry}\n`, '', ['ocr']).diagnostics.map(
      diagnostic => [...pointAt(diagnostic), diagnostic.message] as const,
    );

  it('gives what it says', () => {
    const text = `millrace: keys/1\nkeys:\n  - { name: a, sha256: ${sha256}, pipelines: [ocr], rate: 0.5, burst: 3, manage: true }\n`;
    expect(parseKeys(text)).toEqual({
      keys: [{ name: 'a', sha256, pipelines: ['ocr'], rate: 0.5, burst: 3, manage: true }],
      diagnostics: [],
    });
    expect(parseKeys('millrace: keys/1\nkeys: []').keys).toEqual([]);
  });

  it.each([
    [
      `{ name: a, sha256: ${'0'.repeat(63)} }`,
      'bad-hash',
      '0'.repeat(63),
      /^"sha256" must be the SHA-256 of a key/,
    ],
    [`{ name: a, sha256: millrace_secret }`, 'bad-hash', 'millrace_secret', /64 hexadecimal digits/],
    [`{ sha256: ${sha256} }`, 'missing-key', /./, /has no "name"/],
    [`{ name: a }`, 'missing-key', /./, /has no "sha256"/],
    [`{ name: a b, sha256: ${sha256} }`, 'bad-name', 'a b', /letters, digits/],
    [`{ name: a, sha256: ${sha256}, rate: 0 }`, 'bad-type', '0', /"rate" must be/],
    [`{ name: a, sha256: ${sha256}, rate: .nan }`, 'bad-type', '.nan', /"rate" must be a number/],
    [`{ name: a, sha256: ${sha256}, rate: .inf }`, 'bad-type', '.inf', /"rate" must be/],
    [`{ name: a, sha256: ${sha256}, burst: 0 }`, 'bad-type', '0', /"burst" must be/],
    [`{ name: a, sha256: ${sha256}, manage: maybe }`, 'bad-type', 'maybe', /"manage" must be/],
    [`{ name: a, sha256: ${sha256}, pipeline: [ocr] }`, 'unknown-key', 'pipeline', /takes no "pipeline"/],
    [
      `{ name: a, sha256: ${sha256}, pipelines: [orc] }`,
      'unknown-pipeline',
      'orc',
      /no pipeline "orc" is served/,
    ],
    [
      `{ name: a, sha256: ${sha256} }\n  - { name: a, sha256: ${'0'.repeat(64)} }`,
      'bad-hash',
      '0'.repeat(64),
      /./,
    ],
    [
      `{ name: a, sha256: ${sha256} }\n  - { name: a, sha256: ${hashOf('y')} }`,
      'repeated-key',
      'a',
      /another key is named "a"/,
    ],
    [
      `{ name: a, sha256: ${sha256} }\n  - { name: b, sha256: ${sha256.toUpperCase()} }`,
      'repeated-key',
      sha256.toUpperCase(),
      /another key has this hash/,
    ],
  ])('says what is wrong: %s', (entry, code, token, message) => {
    expect(mistakesIn(entry)).toEqual([
      [
        code,
        typeof token === 'string' ? token : expect.stringMatching(token),
        expect.stringMatching(message),
      ],
    ]);
  });

  it('is not taken for another kind, or found where it is not', async () => {
    expect(parseKeys('millrace: keys/2\nkeys: []').diagnostics).toMatchObject([{ code: 'bad-version' }]);
    expect(parseKeys('').diagnostics).toMatchObject([{ code: 'not-a-mapping' }]);
    await expect(loadKeys('/nowhere/keys.yaml')).rejects.toMatchObject({
      code: 'not-found',
      message: 'there is no keys file /nowhere/keys.yaml',
    });
  });
});
