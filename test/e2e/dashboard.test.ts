/** The dashboard, in a real browser, on the built server with real models. */
import { existsSync } from 'node:fs';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shipped } from './support/pipelines.ts';
import { serve, type RunningServer } from './support/server.ts';

const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const lacks = !existsSync(executablePath) && !process.env['CI'];
const why = lacks ? ` (left out: ${executablePath} is not there; install chromium)` : '';

describe.skipIf(lacks)(`the dashboard${why}`, () => {
  let server: RunningServer;
  let browser: Browser;
  const wrong: string[] = [];

  beforeAll(async () => {
    const tensors = 'pipelines/fashion/tensor.yaml';
    server = await serve(['ocr', 'fashion', 'speech', tensors, 'test/e2e/fixtures/sequence']);
    // Chromium's own sandbox wants what containers don't give.
    browser = await chromium.launch({
      executablePath,
      args: [
        '--no-sandbox',
        // What the microphone hears, without one.
        '--use-fake-ui-for-media-stream',
        '--use-fake-device-for-media-stream',
        `--use-file-for-fake-audio-capture=${shipped('speech', 'samples', 'two-sentences.wav')}`,
      ],
    });
  });

  afterAll(async () => {
    await browser?.close();
  });

  async function open(pipeline: string, options: BrowserContextOptions = {}): Promise<Page> {
    const page = await browser.newPage(options);
    page.on('pageerror', error => wrong.push(error.message));
    page.on('console', message => message.type() === 'error' && wrong.push(message.text()));
    await page.goto(`${server.url}/#${pipeline}`);
    await page.locator('.graph .group').first().waitFor();
    return page;
  }

  it('draws every stage of the DAG, in the groups that share replicas', async () => {
    const page = await open('ocr');
    const stages = await page.locator('.graph .stage b').allTextContents();
    expect(stages.map(text => text.split(' ')[0]).toSorted()).toEqual(
      'assemble crop decode detect fit locate order orient prepare read rotate text thumb'.split(' '),
    );
    expect(await page.locator('.graph svg path').count()).toBeGreaterThan(2);
    expect(await page.locator('.graph .replica').count()).toBeGreaterThan(2);
    await page.close();
  });

  it('draws what was read over the picture that was dropped, and counts the query', async () => {
    const page = await open('ocr');
    await page.setInputFiles('input[type=file]', shipped('ocr', 'samples', 'receipt.png'));
    await page.locator('.picture polygon').nth(8).waitFor();
    expect(await page.locator('.lines li').first().textContent()).toContain('The Corner Mill Bakery');
    await page.locator('.figures').getByText('since the start').waitFor();
    await page.locator('.figures div', { hasText: 'answered' }).getByText('1', { exact: false }).waitFor();
    // The stage's own time stands in its box once the server has told of it.
    await page
      .locator('.graph .stage', { hasText: 'detect' })
      .getByText(/\d m?s\b/)
      .waitFor();
    await page.close();
  });

  it('names what is drawn by hand', async () => {
    for (const pipeline of ['fashion', 'fashion-tensor']) {
      const page = await open(pipeline);
      if (pipeline === 'fashion') await page.getByText('Draw one instead').click();
      const box = (await page.locator('.pad').boundingBox())!;
      await page.mouse.move(box.x + 60, box.y + 40);
      await page.mouse.down();
      await page.mouse.move(box.x + 160, box.y + 180, { steps: 5 });
      await page.mouse.up();
      await page.locator('.bar').nth(2).waitFor();
      await page.close();
    }
  });

  it('shows where someone speaks on the waveform', async () => {
    const page = await open('speech');
    await page.setInputFiles('input[type=file]', shipped('speech', 'samples', 'two-sentences.wav'));
    await page.locator('.wave').waitFor();
    expect(await page.locator('.lines li').count()).toBe(2);
    expect(await page.locator('.wave').getAttribute('aria-label')).toMatch(
      /^Speech: 1\.\d+ to 3\.\d+ s, 4\./,
    );
    await page.close();
  });

  it('streams what is spoken, and shows it as it becomes certain', async () => {
    const page = await open('speech', { permissions: ['microphone'] });
    await page.getByRole('button', { name: 'Speak' }).click();
    await page.locator('.lines li', { hasText: 'to now' }).waitFor();
    await page.getByText(/someone speaks.*s to \d+\.\d+ s/).waitFor();
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.close();
  });

  it('asks any other pipeline with inputs as JSON, and shows its errors', async () => {
    const page = await open('sequence');
    await page.locator('textarea').fill('[{"name":"nothing","datatype":"FP32","shape":[1],"data":[1]}]');
    await page.getByRole('button', { name: 'Ask' }).click();
    await page.locator('.error').waitFor();
    expect(await page.locator('.error').textContent()).toMatch(/has no input "nothing"/);
    wrong.length = 0;
    await page.close();
  });

  it('is used by keyboard alone', async () => {
    const page = await open('ocr');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.locator('nav a[aria-current]', { hasText: 'fashion' }).waitFor();
    const chooser = page.waitForEvent('filechooser');
    await page.locator('input[type=file]').focus();
    await page.keyboard.press('Enter');
    await (await chooser).setFiles(shipped('fashion', 'samples', '00-ankle-boot.png'));
    await page.locator('.bar').first().waitFor();
    expect(await page.locator('.bar span').first().textContent()).toBe('Ankle boot');
    await page.close();
  });

  it.each([
    ['light', 390],
    ['dark', 390],
    ['light', 1280],
  ] as const)('fits a %s page %i pixels wide', async (colorScheme, width) => {
    const page = await open('ocr', { colorScheme, viewport: { width, height: 844 } });
    const measured = await page.evaluate(
      '[document.documentElement.scrollWidth, getComputedStyle(document.body).backgroundColor]',
    );
    expect(measured).toEqual([width, colorScheme === 'dark' ? 'rgb(15, 20, 27)' : 'rgb(244, 246, 249)']);
    await page.close();
  });

  it('says that the server is gone, and keeps what it said last', async () => {
    const page = await open('ocr');
    const own = await serve(['fashion']);
    await page.goto(own.url);
    await page.locator('.graph .group').first().waitFor();
    await own.stop();
    await page.locator('.banner', { hasText: 'does not answer' }).waitFor();
    expect(await page.locator('.graph .group').count()).toBeGreaterThan(0);
    await page.close();
    wrong.length = 0;
  });

  it('did all that without an error in the page', () => {
    expect(wrong).toEqual([]);
  });
});
