/** `millrace serve`, on both web servers, as its clients and those who start it see it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { connect, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { beforeAll, describe, expect, it } from 'vitest';
import { selfSigned } from '../support/certificate.ts';
import { main, millrace, refusal } from './support/millrace.ts';
import { goldenOf, shipped } from './support/pipelines.ts';
import { serve, webServers, type RunningServer } from './support/server.ts';
import { temporaryFolder } from './support/temporary.ts';

interface Answer {
  model_name: string;
  outputs: { name: string; shape: number[]; data: unknown[] }[];
}

function post(url: string, type: string, body: Uint8Array | string, headers: Record<string, string> = {}) {
  return fetch(url, { method: 'POST', headers: { 'content-type': type, ...headers }, body });
}

const sample = (...path: string[]) => readFileSync(shipped(...path));
const boot = sample('fashion', 'samples', '00-ankle-boot.png');

function outputOf({ outputs }: Answer, name: string): unknown[] {
  return outputs.find(output => output.name === name)!.data;
}

describe.each(webServers)('a server on %s', (implementation, env) => {
  let server: RunningServer;

  beforeAll(async () => {
    const pipelines = ['ocr', 'fashion', 'speech', 'test/e2e/fixtures/faulty'];
    // Clients' own mistakes are logged below that.
    server = await serve([...pipelines, '--log-level', 'error'], { env });
  });

  const infer = (pipeline: string) => `${server.url}/v2/models/${pipeline}/infer`;

  it('says what it is on one line of JSON', () => {
    expect(server.ready).toEqual({
      listening: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      implementation,
      pipelines: ['ocr', 'fashion', 'speech', 'faulty'],
    });
  });

  it('answers the file that a shipped pipeline takes, as it is', async () => {
    const garment = (await (await post(infer('fashion'), 'image/png', boot)).json()) as Answer;
    expect(garment.model_name).toBe('fashion');
    expect(outputOf(garment, 'labels')[0]).toBe('Ankle boot');
    const receipt = sample('ocr', 'samples', 'receipt.png');
    const read = (await (await post(infer('ocr'), 'image/png', receipt)).json()) as Answer;
    const [lines] = outputOf(read, 'lines') as string[];
    const golden = goldenOf<{ lines: { text: string }[] }>('ocr', 'receipt.png');
    const texts = (JSON.parse(lines!) as { text: string }[]).map(({ text }) => text);
    expect(texts).toEqual(golden.lines.map(({ text }) => text));
    const sentences = sample('speech', 'samples', 'two-sentences.wav');
    const heard = (await (await post(infer('speech'), 'audio/wav', sentences)).json()) as Answer;
    expect(heard.outputs[0]!.name).toBe('segments');
  });

  it('answers JSON and binary tensors alike, several queries at once', async () => {
    const names = ['00-ankle-boot.png', '02-trouser.png'];
    const pictures = names.map(name => sample('fashion', 'samples', name));
    const input = { name: 'image', datatype: 'BYTES', shape: [2, 1] };
    const base64 = {
      inputs: [
        {
          ...input,
          parameters: { content_type: 'base64' },
          data: pictures.map(picture => picture.toString('base64')),
        },
      ],
      outputs: [{ name: 'labels' }],
    };
    const labels = ['Ankle boot', 'Trouser'];
    const answered = (await (
      await post(infer('fashion'), 'application/json', JSON.stringify(base64))
    ).json()) as Answer;
    expect(answered.outputs[0]!.shape).toEqual([2, 3]);
    expect([0, 3].map(index => answered.outputs[0]!.data[index])).toEqual(labels);
    const raw = pictures.map(picture => {
      const length = Buffer.alloc(4);
      length.writeUInt32LE(picture.length);
      return Buffer.concat([length, picture]);
    });
    const size = raw[0]!.length + raw[1]!.length;
    const head = JSON.stringify({
      inputs: [{ ...input, parameters: { binary_data_size: size } }],
      parameters: { binary_data_output: true },
      outputs: [{ name: 'indices' }],
    });
    const response = await post(
      infer('fashion'),
      'application/octet-stream',
      Buffer.concat([Buffer.from(head), ...raw]),
      { 'inference-header-content-length': `${head.length}` },
    );
    const body = Buffer.from(await response.arrayBuffer());
    const behind = body.subarray(Number(response.headers.get('inference-header-content-length')));
    expect([behind.readBigInt64LE(0), behind.readBigInt64LE(24)]).toEqual([9n, 1n]);
  });

  it.each([
    ['an unknown pipeline', 404, 'ocrr', 'application/json', '{}'],
    ['a form', 415, 'ocr', 'multipart/form-data; boundary=x', 'x'],
    ['no JSON', 400, 'ocr', 'application/json', '{"inputs"'],
    ['no picture', 400, 'ocr', 'image/png', 'not a picture'],
  ])('refuses %s with %i and an error in JSON', async (_, status, pipeline, type, body) => {
    const response = await post(infer(pipeline), type, body);
    expect(response.status).toBe(status);
    const { error } = (await response.json()) as { error: string };
    expect(error).toMatch(/^[a-z-]+: /);
    expect(error).not.toMatch(/\n|\/(home|tmp|usr)\//);
  });

  it('outlives what is no HTTP, and clients that leave in the middle', async () => {
    const { port } = new URL(server.url);
    const texts = [
      '\r\n\r\n\0',
      'GET\r\n\r\n',
      'POST /v2/models/ocr/infer HTTP/1.1\r\nhost: x\r\ncontent-length: -5\r\n\r\n',
      'POST /v2/models/ocr/infer HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nhalf',
      'POST /v2/models/ocr/infer HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n',
      `GET /${'x'.repeat(100_000)} HTTP/1.1\r\n\r\n`,
    ];
    for (const sent of texts) {
      const socket = connect(Number(port), '127.0.0.1');
      // A reset is one way to be dropped.
      socket.on('error', () => {});
      const closed = new Promise(resolve => socket.once('close', resolve));
      socket.resume();
      socket.end(sent);
      await closed;
    }
    expect((await fetch(`${server.url}/v2/health/ready`)).status).toBe(200);
    expect((await post(infer('fashion'), 'image/png', boot)).status).toBe(200);
  });

  it('ends when it is asked to, without a word', async () => {
    expect(await server.stop()).toEqual({ status: 0, stdout: '', stderr: '' });
  });

  it('speaks TLS', async () => {
    const { cert, key, pem } = await selfSigned();
    const secure = await serve(['fashion', '--tls-cert', cert, '--tls-key', key], { env });
    expect(secure.url).toMatch(/^https:/);
    const headers = { 'content-type': 'image/png', 'content-length': boot.length };
    const asked = request(`${secure.url}/v2/models/fashion/infer`, { method: 'POST', ca: pem, headers });
    asked.end(boot);
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    expect(outputOf((await json(response)) as Answer, 'labels')[0]).toBe('Ankle boot');
    expect(await secure.stop('SIGINT')).toEqual({ status: 0, stdout: '', stderr: '' });
  });

  it('answers what it accepted when it is asked to end', async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'pipeline.yaml');
    writeFileSync(
      file,
      `millrace: pipeline/1
name: slow
inputs: { text: { datatype: BYTES, shape: [1] } }
stages:
  wait: { operator: emulate, inputs: { in: inputs.text }, params: { latency: { 1: 1 s } } }
outputs: { out: wait.out }
`,
    );
    const slow = await serve([file], { env });
    const ready = `${slow.url}/v2/health/ready`;
    expect((await fetch(ready)).status).toBe(200);
    const asked = post(`${slow.url}/v2/models/slow/infer`, 'text/plain', 'last words');
    // Sent after it on another connection, and answered: so the first has arrived.
    await fetch(ready);
    const ended = slow.stop();
    const answer = await asked;
    expect(outputOf((await answer.json()) as Answer, 'out')).toEqual(['last words']);
    expect(await ended).toEqual({ status: 0, stdout: '', stderr: '' });
  });
});

const shoutPlan = ['--plan', 'test/e2e/fixtures/shout/plan.yaml'];

describe('millrace serve', () => {
  it('tells people where it listens, what it serves by which plan, and what to try', async () => {
    const child = spawn(process.execPath, [
      main,
      'serve',
      'fashion',
      'speech',
      '--port',
      '0',
      '--deadline-factor',
      'off',
    ]);
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk;
    });
    while (!said.includes('  curl')) await once(child.stderr, 'data');
    child.kill('SIGINT');
    const [status] = await once(child, 'exit');
    const url =
      /dashboard and API on (http:\/\/127\.0\.0\.1:\d+) \((uWebSockets\.js|node:http and ws)\)/.exec(
        said,
      )![1];
    expect(said).toMatch(/\n {2}fashion: plan the default for \d+ cores?\n {2}speech: plan /);
    expect(said.match(/^ {2}curl .*/gm)).toEqual([
      `  curl ${url}/v2/models/fashion/infer -H 'content-type: image/png' --data-binary @pipelines/fashion/samples/19-bag.png`,
      `  curl ${url}/v2/models/speech/infer -H 'content-type: audio/wav' --data-binary @pipelines/speech/samples/two-sentences.wav`,
      `  curl ${url}/v2/models/fashion`,
    ]);
    expect([status, child.stdout.read()]).toEqual([0, null]);
  });

  it.each([
    ['no pipeline', [], 2, /serve takes at least one pipeline/],
    ['no such pipeline', ['nowhere'], 2, /nowhere/],
    ['mistakes in it', ['test/e2e/fixtures/mistakes'], 1, /unknown-/],
    ['two of one name', ['fashion', 'pipelines/fashion'], 1, /two pipelines are named "fashion"/],
    ['half of TLS', ['fashion', '--tls-cert', 'a.pem'], 2, /--tls-cert and --tls-key go together/],
    ['no TLS files', ['fashion', '--tls-cert', 'a.pem', '--tls-key', 'b.pem'], 2, /a\.pem can't be read/],
    ['a port too high', ['fashion', '--port', '70000'], 2, /--port takes 0 to 65535/],
    ['a size without a unit', ['fashion', '--max-message', '64'], 2, /did you mean "64 MiB"\?/],
    [
      'a message too large',
      ['fashion', '--max-message', '2 GiB'],
      2,
      /--max-message takes at most "900 MiB"/,
    ],
    ['a time without a unit', ['fashion', '--drain', '5'], 2, /did you mean "5 s"\?/],
    ['too short a time', ['fashion', '--idle-timeout', '1 s'], 2, /--idle-timeout takes 8 s to 16 min/],
    ['a plan for another', ['fashion', ...shoutPlan], 2, /is not served/],
    [
      'a plan twice',
      ['test/e2e/fixtures/shout', ...shoutPlan, ...shoutPlan],
      2,
      /--plan gives two plans for "shout"/,
    ],
    ['a machine’s plan and a file', ['fashion', '--plan', 'auto', '--plan', 'x.yaml'], 2, /no other --plan/],
    ['a machine’s profiles and a file', ['fashion', '--plan', 'auto', '--profile', 'x.json'], 2, /leave out/],
    [
      'a factor of nothing',
      ['fashion', '--deadline-factor', '0'],
      2,
      /takes a number above 0, or off, not "0"/,
    ],
    ['a factor that is none', ['fashion', '--deadline-factor', 'often'], 2, /a number above 0, or off/],
    ['no profile', ['fashion', '--profile', 'package.json'], 1, /is no profile: it names no pipeline/],
    [
      'a profile of another',
      ['fashion', '--profile', 'test/e2e/fixtures/shout/small.profile.json'],
      2,
      /is a profile of "shout", which is not served/,
    ],
  ])('refuses %s', async (_, args, status, message) => {
    expect(await millrace(['serve', ...args])).toEqual(refusal(status as 1 | 2, message));
  });

  it('runs the plan that is for a pipeline', async () => {
    const hardware = ['--hardware', 'test/e2e/fixtures/shout/hardware.yaml'];
    const server = await serve(['fashion', 'test/e2e/fixtures/shout', ...shoutPlan, ...hardware]);
    expect((await fetch(`${server.url}/v2/models/shout/ready`)).status).toBe(200);
    expect((await server.stop()).status).toBe(0);
  });

  it('refuses what can’t be answered in time, by what a profile says', async () => {
    const profile = ['--profile', 'test/e2e/fixtures/shout/small.profile.json'];
    const hardware = ['--hardware', 'test/e2e/fixtures/shout/hardware.yaml'];
    const server = await serve(['test/e2e/fixtures/shout', ...shoutPlan, ...hardware, ...profile]);
    const ask = (timeout?: number) =>
      fetch(`${server.url}/v2/models/shout/infer`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          ...(timeout !== undefined && { parameters: { timeout } }),
          inputs: [
            { name: 'text', datatype: 'BYTES', shape: [1], data: ['a'] },
            { name: 'times', datatype: 'INT32', shape: [1], data: [1] },
            { name: 'weights', datatype: 'FP32', shape: [1], data: [1] },
          ],
        }),
      });
    expect((await ask()).status).toBe(200);
    const refused = await ask(900);
    expect(refused.status).toBe(429);
    expect(await refused.json()).toEqual({
      error: 'overloaded: stage "shout" and what follows need 1 ms, 0 ms left',
    });
    expect((await server.stop()).status).toBe(0);
  });

  it('says that a port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    for (const [, env] of webServers)
      expect(await millrace(['serve', 'fashion', '--port', `${port}`], { env })).toEqual(
        refusal(2, new RegExp(`port ${port} of 127\\.0\\.0\\.1 can't be opened: another program has it`)),
      );
    other.close();
  });
});
