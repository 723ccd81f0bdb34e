/** The client in a page, with nothing but the server behind it. */
import { existsSync, readFileSync } from 'node:fs';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shipped } from './support/pipelines.ts';
import { serve, type RunningServer } from './support/server.ts';

const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const lacks = !existsSync(executablePath) && !process.env['CI'];
const why = lacks ? ` (left out: ${executablePath} is not there; install chromium)` : '';

describe.skipIf(lacks)(`a page${why}`, () => {
  let server: RunningServer;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    server = await serve(['fashion', 'pipelines/fashion/tensor.yaml', 'speech']);
    // Chromium's own sandbox wants what containers don't give.
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
    page = await browser.newPage();
    await page.goto(`${server.url}/v2`);
  });

  afterAll(async () => {
    await browser?.close();
  });

  /** Runs the body of an async function in the page, where `client` is the module that the server sends. */
  function inPage(body: string): Promise<unknown> {
    return page.evaluate(`import('/client.js').then(async client => { ${body} })`);
  }

  it('asks with a file', async () => {
    const picture = readFileSync(shipped('fashion', 'samples', '00-ankle-boot.png')).toString('base64');
    const label = await inPage(`
      const pipeline = await client.connect(location.origin, 'fashion');
      const image = Uint8Array.from(atob('${picture}'), character => character.charCodeAt(0));
      const { outputs } = await pipeline.infer({ image });
      pipeline.close();
      return client.texts(outputs.labels)[0];
    `);
    expect(label).toBe('Ankle boot');
  });

  it('streams tensors, and looks at the answers in place', async () => {
    const found = await inPage(`
      const pipeline = await client.connect(location.origin, 'fashion-tensor');
      const pixels = client.tensor('UINT8', [28, 28], new Uint8Array(784));
      const source = Array.from({ length: 200 }, () => ({ pixels }));
      let inPlace = 0;
      for await (const { outputs } of pipeline.stream(source, { outputs: ['scores'] })) {
        const { data } = outputs.scores;
        if (data.length === 3 && data.buffer.byteLength > data.byteLength) inPlace++;
      }
      pipeline.close();
      return inPlace;
    `);
    expect(found).toBe(200);
  });

  it('is told of state, of cancellation and of mistakes', async () => {
    const told = await inPage(`
      const pipeline = await client.connect(location.origin, 'speech');
      const answers = await Promise.allSettled([
        pipeline.infer({ audio: 'no sound' }, { start: true }),
        pipeline.infer({ audio: 'x' }, { signal: AbortSignal.abort() }),
        client.connect(location.origin, 'speech', { version: '9' }),
      ]);
      pipeline.close();
      return [pipeline.hasState, ...answers.map(({ reason }) => reason?.code)];
    `);
    // A browser does not say why a connection was refused.
    expect(told).toEqual([true, 'invalid-input', 'cancelled', 'unavailable']);
  });
});
