import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { KeyAccess } from '../../engine/server/access/key-access.ts';
import { loadKeys } from '../../engine/server/access/keys-file.ts';
import { Origins } from '../../engine/server/access/origins.ts';
import { headOf } from '../support/served.ts';
import { millrace, refusal } from './support/millrace.ts';
import { serve } from './support/server.ts';
import { temporaryFolder } from './support/temporary.ts';

describe('millrace new key', () => {
  const file = join(temporaryFolder(), 'keys.yaml');

  test('makes a key that the file lets in, and shows it once', async () => {
    const made = await millrace([
      'new',
      'key',
      'shop',
      '--pipelines',
      'ocr,fashion',
      '--rate',
      '100',
      '--file',
      file,
    ]);
    expect(made).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^millrace_[\w-]{43}\n$/) as unknown,
    });
    const key = made.stdout.trim();
    expect(await readFile(file, 'utf8')).not.toContain(key);
    const { keys, warnings } = await loadKeys(file, ['ocr', 'fashion']);
    expect({ keys, warnings }).toMatchObject({
      keys: [{ name: 'shop', pipelines: ['ocr', 'fashion'], rate: 100 }],
      warnings: [],
    });
    expect(
      new KeyAccess(keys, new Origins([], '::1')).check(
        headOf('GET', '/', { 'x-api-key': key }),
        'open',
        'ocr',
      ),
    ).toBe('shop');
  });

  test('adds to what is there, comments and all', async () => {
    await writeFile(file, `# ours\n${await readFile(file, 'utf8')}  # the end\n`);
    expect(await millrace(['new', 'key', 'operations', '--manage', '--file', file])).toMatchObject({
      status: 0,
    });
    expect(await readFile(file, 'utf8')).toMatch(/^# ours\n[^]*shop[^]*operations[^]*# the end/);
    expect((await loadKeys(file)).keys).toMatchObject([
      { name: 'shop' },
      { name: 'operations', manage: true },
    ]);
  });

  test('prints the entry where there is no file', async () => {
    const { status, stderr, stdout } = await millrace(['new', 'key', 'free']);
    expect([status, stdout]).toEqual([0, expect.stringMatching(/^millrace_[\w-]{43}\n$/)]);
    expect(stderr).toMatch(/millrace: keys\/1\nkeys:\n {2}- \{ name: free, sha256: [0-9a-f]{64} \}/);
  });

  test('changes nothing where it can not be right', async () => {
    const before = await readFile(file, 'utf8');
    const twice = await millrace(['new', 'key', 'shop', '--file', file]);
    expect(twice).toEqual(refusal(1, /repeated-key[^]*another key is named "shop"/));
    expect(await readFile(file, 'utf8')).toBe(before);
    const wrong = join(temporaryFolder(), 'wrong.yaml');
    await writeFile(wrong, 'millrace: plan/1\n');
    expect(await millrace(['new', 'key', 'a', '--file', wrong])).toEqual(refusal(1, /bad-version/));
  });

  test.each([
    [[], /new key takes one NAME/],
    [['a b'], /"a b" is no name/],
    [['a', '--rate', '0'], /--rate takes queries per second, more than 0, not "0"/],
    [['a', '--rate', ''], /--rate takes queries per second/],
    [['a', '--file', '/'], /can't be read/],
  ])('refuses %j', async (args, reason) => {
    expect(await millrace(['new', 'key', ...args])).toEqual(refusal(2, reason));
  });
});

describe('millrace serve --keys', () => {
  const file = join(temporaryFolder(), 'keys.yaml');
  const makeKey = async (...args: string[]) =>
    (await millrace(['new', 'key', ...args, '--file', file])).stdout.trim();

  test('lets in who has a key, through every door, and warns of a pipeline that is not served', async () => {
    const [key, manager] = [
      await makeKey('shop', '--pipelines', 'faulty,orc'),
      await makeKey('boss', '--manage'),
    ];
    const server = await serve([
      'test/e2e/fixtures/faulty',
      '--keys',
      file,
      '--allow-origin',
      'https://shop.example',
    ]);
    const ask = async (path: string, headers: Record<string, string>, body?: string) => {
      const response = await fetch(server.url + path, { headers, ...(body && { method: 'POST', body }) });
      return [response.status, await response.text()];
    };
    expect(await ask('/ping', {})).toEqual([200, '{"status":"Healthy"}']);
    expect(await ask('/openapi.json', {})).toMatchObject([401, expect.stringContaining('send a key')]);
    const origin = 'https://shop.example';
    expect(await ask('/predictions/faulty', { 'x-api-key': key, origin }, 'a')).toMatchObject([
      200,
      '{"text":"a","batch":1}',
    ]);
    expect(await ask('/v1/models/faulty:predict', { 'x-api-key': key }, '{"instances":["a"]}')).toMatchObject(
      { 0: 200 },
    );
    expect(
      await ask('/predictions/faulty', { 'x-api-key': key, origin: 'https://other.example' }, 'a'),
    ).toMatchObject([401, expect.stringContaining('pages of https://other.example may not ask')]);
    expect(await ask('/models', { 'x-api-key': key })).toMatchObject([
      401,
      expect.stringContaining('may not manage'),
    ]);
    expect(await ask('/models/faulty', { 'x-api-key': manager })).toMatchObject({ 0: 200 });
    expect((await server.stop()).stderr).toMatch(
      /warning {2}unknown-pipeline[^]*no pipeline "orc" is served/,
    );
  });

  test.each([
    [['--keys', 'nowhere.yaml'], 2, /there is no keys file nowhere.yaml/],
    [['--keys', 'test/e2e/fixtures/faulty/pipeline.yaml'], 1, /bad-version[^]*this is a pipeline file/],
    [['--allow-origin', 'shop.example'], 2, /--allow-origin: "shop.example" is no origin/],
  ] as const)('refuses %j', async (args, status, reason) => {
    const outcome = await millrace(['serve', 'test/e2e/fixtures/faulty', '--port', '0', ...args]);
    expect(outcome).toEqual(refusal(status, reason));
  });
});
