/** Stages with `isolation: process`: what ends, hangs or grows is one child process, and no query is lost with it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import {
  Engine,
  loadPipeline,
  tensor,
  texts,
  type EngineOptions,
  type QueryResult,
  type Tensor,
} from 'millrace';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { expectRest, failureOf } from './support/engine.ts';
import { root } from './support/millrace.ts';
import { serve } from './support/server.ts';
import { temporaryFolder } from './support/temporary.ts';

const folder = 'test/e2e/fixtures/isolated';
const engines: Engine[] = [];

afterEach(async () => {
  for (const engine of engines.splice(0)) await engine.close(0);
});

/** One replica of each stage, unless told otherwise. */
async function start(
  file: string,
  { batch = 4, workers = 1, ...options }: EngineOptions & { batch?: number; workers?: number } = {},
): Promise<Engine> {
  const pipeline = await loadPipeline(join(root, folder, file));
  const pool = { hardware: 'cpu', device: 'cpu', threads: 1, batch, replicas: workers, maxWait: 0 } as const;
  const deployment = pipeline.stages.map(({ name }) => ({ name, stages: [name], pools: [pool] }));
  const engine = await Engine.start(pipeline, { deployment, ...options });
  engines.push(engine);
  return engine;
}

const textOf = ({ outputs }: QueryResult) => texts(outputs['text'] as never).join();
const processOf = ({ outputs }: QueryResult) => Number((outputs['process'] as Tensor).data[0]);

/** Whether a process is there and not merely waiting for its parent to look. */
function isRunning(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/** What a file says, once there is one. */
async function contentOf(file: string): Promise<string> {
  await vi.waitFor(() => expect(existsSync(file) && readFileSync(file, 'utf8')).toBeTruthy(), {
    timeout: 20_000,
    interval: 5,
  });
  return readFileSync(file, 'utf8');
}

describe('a stage in a process of its own', () => {
  it('answers as in a thread', async () => {
    const engine = await start('pipeline.yaml');
    const result = await engine.infer({ text: 'who' });
    expect(textOf(result)).toBe('who');
    expect(processOf(result)).not.toBe(process.pid);
    await expectRest(engine);
  });

  it('is given values of any size, and gives them on', async () => {
    const engine = await start('large.yaml');
    const sizes = [0, 1, 1000, 100_000, 3_000_000];
    const answers = await Promise.all(
      sizes.map(async size => {
        const values = Float32Array.from({ length: size }, (_, index) => index + size);
        const words = Array.from({ length: size % 1001 }, (_, index) => Buffer.from(`${size}-${index}`));
        const { outputs } = await engine.infer({
          values: tensor('FP32', [size], values),
          texts: { datatype: 'BYTES', shape: [words.length], data: words },
        });
        return [
          (outputs['values'] as Tensor).data,
          values,
          texts(outputs['texts'] as never),
          words.map(String),
        ];
      }),
    );
    for (const [values, own, words, ownWords] of answers) {
      expect(Buffer.compare(bytesOf(values), bytesOf(own))).toBe(0);
      expect(words).toEqual(ownWords);
    }
    await expectRest(engine);
  });

  it('ends with its engine', async () => {
    const engine = await start('pipeline.yaml');
    const pid = processOf(await engine.infer({ text: 'who' }));
    await engine.close();
    expect(isRunning(pid)).toBe(false);
  });

  it('ends with the process that started it, even in an endless loop', async () => {
    const parent = spawn(process.execPath, [join(root, 'test/e2e/fixtures/orphan.mjs')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(createInterface(parent.stdout), 'line')) as [string];
    expect(isRunning(Number(line))).toBe(true);
    parent.kill('SIGKILL');
    await vi.waitFor(() => expect(isRunning(Number(line))).toBe(false), { timeout: 20_000 });
  });

  it('is left alone by what a terminal tells all processes: its parent decides', async () => {
    const engine = await start('pipeline.yaml');
    const file = join(temporaryFolder(), 'go');
    const pid = processOf(await engine.infer({ text: 'who' }));
    const answer = engine.infer({ text: `waits for ${file}` });
    await vi.waitFor(() => expect(existsSync(`${file}.here`)).toBe(true), { timeout: 20_000 });
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.kill(pid, signal);
    writeFileSync(file, '');
    expect(processOf(await answer)).toBe(pid);
  });
});

describe('kill -9 of a process', () => {
  it('in the middle of a batch loses no query', async () => {
    const engine = await start('pipeline.yaml', { workers: 2 });
    const file = join(temporaryFolder(), 'who');
    const all = Promise.all([`stays once in ${file}`, 'b', 'c', 'd'].map(text => engine.infer({ text })));
    const pid = Number(await contentOf(file));
    process.kill(pid, 'SIGKILL');
    const results = await all;
    expect(results.map(textOf)).toEqual([`stays once in ${file}`, 'b', 'c', 'd']);
    expect(results.map(processOf)).not.toContain(pid);
    await vi.waitFor(() => expect(engine.status().groups[0]!.pools).toMatchObject([{ idle: 2 }]), {
      timeout: 20_000,
    });
    await expectRest(engine);
  });

  it('that is idle is noticed, and another takes its place', async () => {
    const engine = await start('pipeline.yaml');
    const pid = processOf(await engine.infer({ text: 'who' }));
    process.kill(pid, 'SIGKILL');
    await vi.waitFor(() => expect(isRunning(pid)).toBe(false), { timeout: 20_000 });
    const result = await engine.infer({ text: 'again' });
    expect(textOf(result)).toBe('again');
    expect(processOf(result)).not.toBe(pid);
  });

  it('fails the query where its stage may not be run again', async () => {
    const engine = await start('impure.yaml');
    const file = join(temporaryFolder(), 'who');
    const failed = failureOf(engine.infer({ text: `stays once in ${file}` }));
    process.kill(Number(await contentOf(file)), 'SIGKILL');
    expect(await failed).toMatchObject({
      code: 'stage-failed',
      stage: 'work',
      message: 'stage "work" lost the worker that ran this query (signal SIGKILL)',
    });
  });
});

describe('an operator in a process of its own that', () => {
  it.each([
    ['exits', 'stage-failed', '(exit code 3)'],
    ['aborts', 'stage-failed', '(signal SIGABRT)'],
    ['fails aside', 'stage-failed', '(exit code 1)'],
  ])('%s fails its query alone', async (fault, code, how) => {
    const engine = await start('pipeline.yaml');
    const ended = await Promise.allSettled(['a', 'b', fault, 'c'].map(text => engine.infer({ text })));
    expect(ended.map(end => (end.status === 'fulfilled' ? textOf(end.value) : end.reason.code))).toEqual([
      'a',
      'b',
      code,
      'c',
    ]);
    expect((ended[2] as PromiseRejectedResult).reason.message).toContain(how);
    await expectRest(engine);
  });

  it('never returns is killed', async () => {
    const engine = await start('hasty.yaml');
    const pid = processOf(await engine.infer({ text: 'who' }));
    expect(await failureOf(engine.infer({ text: 'loops' }))).toMatchObject({ code: 'deadline-exceeded' });
    await vi.waitFor(() => expect(isRunning(pid)).toBe(false), { timeout: 20_000 });
    expect(textOf(await engine.infer({ text: 'after' }))).toBe('after');
    await expectRest(engine);
  });

  it('leaks is replaced, and loses no query', async () => {
    const engine = await start('pipeline.yaml', { limits: { replicaMemory: 200 * 1024 ** 2 } });
    const pid = processOf(await engine.infer({ text: 'who' }));
    await engine.infer({ text: 'leaks' });
    // Memory is told with results, once a second.
    await vi.waitFor(
      async () => {
        expect(processOf(await engine.infer({ text: 'who' }))).not.toBe(pid);
        expect(isRunning(pid)).toBe(false);
      },
      { timeout: 30_000 },
    );
    await expectRest(engine);
  });

  it('never gets ready is an error', async () => {
    await expect(start('unready.yaml', { limits: { start: 1000 } })).rejects.toMatchObject({
      code: 'unavailable',
      message: 'stage "work": no worker was ready within 1 s',
    });
  });
});

describe('a server whose workers keep ending', () => {
  it('says that it is not ready and why, refuses at once, and is ready again once one works', async () => {
    const server = await serve([
      `${folder}/pipeline.yaml`,
      '--plan',
      `${folder}/isolated.plan.yaml`,
      '--deadline-factor',
      'off',
    ]);
    const ask = async (text: string) => {
      const response = await fetch(`${server.url}/v2/models/isolated/infer`, {
        method: 'POST',
        headers: { 'content-type': 'text/plain' },
        body: text,
      });
      return { status: response.status, text: await response.text() };
    };
    const ready = async () => (await fetch(`${server.url}/v2/health/ready`)).status;
    expect(await ready()).toBe(200);
    const statuses = [];
    for (let i = 0; i < 3; i++) statuses.push((await ask('exits')).status);
    expect(statuses).toEqual([500, 500, 503]);
    expect(await ready()).toBe(503);
    expect((await fetch(`${server.url}/ping`)).status).toBe(500);
    const index = await fetch(`${server.url}/v2/repository/index`, { method: 'POST' });
    const reason = expect.stringMatching(
      /^stage "work": its workers ended 5 times within 30 s \(exit code 3\); trying again/,
    );
    expect(await index.json()).toMatchObject([{ state: 'UNAVAILABLE', reason }]);
    expect(await ask('fine')).toMatchObject({ status: 503, text: expect.stringContaining('ended 5 times') });
    expect(await (await fetch(`${server.url}/metrics`)).text()).toMatch(
      /millrace_circuit_open\{.*group="work".*\} 1/,
    );
    await vi.waitFor(async () => expect(await ready()).toBe(200), { timeout: 30_000, interval: 100 });
    expect((await ask('fine')).status).toBe(200);
    const { status, stderr } = await server.stop();
    expect(status).toBe(0);
    expect(stderr).toContain('its workers ended 5 times');
  });
});

function bytesOf(values: unknown): Buffer {
  const { buffer, byteOffset, byteLength } = values as Float32Array;
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
}
