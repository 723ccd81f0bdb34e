/** A server that breaks down is started again, and its clients hardly notice. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect, textOf, type PipelineClient, type PipelineShape } from 'millrace/client';
import { afterEach, describe, expect, it } from 'vitest';
import type { BytesTensor } from '../../operators/index.ts';
import { millrace, refusal } from './support/millrace.ts';
import { supervise } from './support/supervised.ts';
import { temporaryFolder } from './support/temporary.ts';

interface Texts extends PipelineShape {
  inputs: { text: string };
  outputs: { text: BytesTensor };
}

const folder = temporaryFolder();
const quick = join(folder, 'quick.yaml');
writeFileSync(
  quick,
  `millrace: pipeline/1
name: quick
inputs: { text: { datatype: BYTES, shape: [1] } }
stages:
  wait: { operator: emulate, inputs: { in: inputs.text }, params: { latency: { 1: 5 ms, 8: 5 ms } } }
outputs: { text: wait.out }
`,
);
const slow = 'test/e2e/fixtures/slow/pipeline.yaml';

const clients: PipelineClient<Texts>[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

async function clientOf(url: string, pipeline: string): Promise<PipelineClient<Texts>> {
  const client = await connect<Texts>(url, pipeline);
  clients.push(client);
  return client;
}

describe('a supervised server', () => {
  it('that is killed under load loses no query of its clients, and mixes none up', async () => {
    const { url, server, stop } = await supervise([quick]);
    const client = await clientOf(url, 'quick');
    const queries = Array.from({ length: 600 }, (_, index) => `query ${index}`);
    const kills = [100, 250, 400];
    const answers = new Map<string, string[]>();
    let answered = 0;
    let killed = Promise.resolve();
    const ask = async (): Promise<void> => {
      for (let text = queries.shift(); text !== undefined; text = queries.shift()) {
        const { outputs } = await client.infer({ text });
        answers.set(text, [...(answers.get(text) ?? []), textOf(outputs.text)]);
        answered++;
        if (kills.includes(answered))
          killed = killed.then(async () => void process.kill(await server(), 'SIGKILL'));
      }
    };
    await Promise.all(Array.from({ length: 32 }, ask));
    await killed;
    expect(answers.size).toBe(600);
    for (const [asked, got] of answers) expect(got).toEqual([asked]);
    // The fourth server: it was on the same port all the time.
    await server();
    const { status, stdout, stderr } = await stop('SIGTERM');
    expect([status, stdout.trimEnd().split('\n')]).toEqual([
      0,
      [expect.stringContaining(`"listening":"${url}"`)],
    ]);
    expect(stderr.match(/the server was ended by SIGKILL: it is started again in \d+ ms/g)).toHaveLength(3);
  });

  it('that breaks down tells sequences that their state is lost, once', async () => {
    const { url, server } = await supervise(['test/e2e/fixtures/sequence']);
    const client = await connect(url, 'sequence');
    const join = async (text: string) => {
      const { outputs } = await client.infer({ text });
      return textOf(outputs['joined'] as BytesTensor);
    };
    expect([await join('a'), await join('b')]).toEqual(['a', 'ab']);
    process.kill(await server(), 'SIGKILL');
    await server();
    await expect(join('c')).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('connection was lost') as string,
    });
    expect([await join('d'), await join('e')]).toEqual(['d', 'de']);
    client.close();
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('answers what it accepted, on %s', async signal => {
    const { url, stop } = await supervise([slow]);
    const client = await clientOf(url, 'slow');
    const answer = client.infer({ text: 'a' });
    // The server's own refusal of the next one: it has the first by then.
    await expect(client.infer({ text: 'b' }, { priority: 99 })).rejects.toMatchObject({
      code: 'invalid-input',
    });
    const ended = stop(signal);
    expect(textOf((await answer).outputs.text)).toBe('a');
    expect((await ended).status).toBe(0);
  });

  it('that hangs is killed, and started again', async () => {
    const { url, server, stop } = await supervise([quick, '--hang-timeout', '2 s']);
    const client = await clientOf(url, 'quick');
    process.kill(await server(), 'SIGSTOP');
    const { outputs } = await client.infer({ text: 'a' });
    expect(textOf(outputs.text)).toBe('a');
    const { status, stderr } = await stop('SIGTERM');
    expect(status).toBe(0);
    expect(stderr).toContain('the server gave no sign of life for 2 s, and was killed');
  });

  it('that breaks down again and again is given up, with what it died of', async () => {
    const { server, ended } = await supervise([quick]);
    for (let time = 0; time < 5; time++) process.kill(await server(), 'SIGKILL');
    const { status, stderr } = await ended;
    expect(status).toBe(2);
    expect(stderr).toMatch(
      /unavailable: the server was ended by SIGKILL, the 5th time within 60 s: it is given up\n$/,
    );
  });

  it('ends when its supervisor is killed', async () => {
    const { stop } = await supervise([quick]);
    expect((await stop('SIGKILL')).status).toBeNull();
  });

  it('that is asked to end by itself ends its supervisor', async () => {
    const { server, ended } = await supervise([quick]);
    process.kill(await server(), 'SIGTERM');
    expect((await ended).status).toBe(0);
  });

  it.each<[string, string[], 1 | 2, RegExp]>([
    ['a pipeline that is not there', ['nowhere'], 2, /nowhere/],
    ['an option that it does not know', [quick, '--wrong'], 2, /Unknown option '--wrong'/],
    ['a bound without a unit', [quick, '--hang-timeout', '5'], 2, /--hang-timeout takes a duration/],
  ])('is not started again for %s', async (_, args, status, message) => {
    expect(await millrace(['serve', ...args, '--supervise', '--port', '0'])).toEqual(
      refusal(status, message),
    );
  });

  it('has no bound where nobody supervises it', async () => {
    expect(await millrace(['serve', quick, '--hang-timeout', '5 s'])).toEqual(
      refusal(2, /--hang-timeout goes with --supervise/),
    );
  });
});
