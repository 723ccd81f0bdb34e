import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { WholeFile, writeWhole } from '../../../engine/cli/whole-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'millrace-whole-'));
const path = join(folder, 'plan.yaml');
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => {
  for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true });
});

describe('a file that is written whole', () => {
  it('replaces what was there, and leaves nothing else', async () => {
    writeFileSync(path, 'old');
    await writeWhole(path, 'new\n');
    expect(readFileSync(path, 'utf8')).toBe('new\n');
    expect(readdirSync(folder)).toEqual(['plan.yaml']);
  });

  it('that can’t be begun leaves what was there', async () => {
    mkdirSync(path);
    await expect(writeWhole(path, 'new')).rejects.toMatchObject({
      code: 'not-found',
      message: `${path} can't be written: it is no file`,
    });
    await expect(writeWhole(join(folder, 'none', 'plan.yaml'), 'new')).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringMatching(/there is no such folder$/),
    });
    expect(readdirSync(folder)).toEqual(['plan.yaml']);
  });

  it('that can’t be finished leaves no part of it', async () => {
    const file = await WholeFile.open(path);
    await file.write('new');
    expect(readdirSync(folder)).toEqual(['plan.yaml.part']);
    // While it is being written, a folder takes its name.
    mkdirSync(join(path, 'full'), { recursive: true });
    await expect(file.finish()).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/plan\.yaml can't be written: /),
    });
    await file.abandon();
    expect(readdirSync(folder)).toEqual(['plan.yaml']);
  });

  it('listens to signals no longer than it is written', async () => {
    const before = process.listenerCount('SIGINT');
    await writeWhole(path, 'new');
    expect(process.listenerCount('SIGINT')).toBe(before);
  });
});
