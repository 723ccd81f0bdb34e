import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { hostFacts, hostFingerprint } from '../../../engine/index.ts';
import { cacheFolder, KeptFiles } from '../../../engine/profiler/kept-files.ts';

const root = mkdtempSync(join(tmpdir(), 'millrace-kept-'));
afterAll(() => rmSync(root, { recursive: true }));

const pipeline = { name: 'ocr', directory: '/somewhere/ocr' };

describe('the cache folder', () => {
  it.each([
    ['XDG_CACHE_HOME', { XDG_CACHE_HOME: '/x' }, 'linux', '/x/millrace'],
    ['the home folder', {}, 'linux', join(homedir(), '.cache', 'millrace')],
    [
      'the home folder where XDG_CACHE_HOME is relative',
      { XDG_CACHE_HOME: 'x' },
      'linux',
      join(homedir(), '.cache', 'millrace'),
    ],
    ['the usual place on macOS', {}, 'darwin', join(homedir(), 'Library', 'Caches', 'millrace')],
    ['the usual place on Windows', { LOCALAPPDATA: '/local' }, 'win32', join('/local', 'millrace', 'Cache')],
  ])('is in %s', (_, env, platform, folder) => {
    expect(cacheFolder(env, platform)).toBe(folder);
  });
});

describe('kept files', () => {
  it('are found by kind and identity', async () => {
    const files = new KeptFiles(root, pipeline);
    await files.write('cpu.profile.json', 'a'.repeat(64), 'first');
    await files.write('plan.yaml', 'a'.repeat(64), 'plan');
    expect(await files.read('cpu.profile.json', 'a'.repeat(64))).toBe('first');
    expect(await files.read('cpu.profile.json', 'b'.repeat(64))).toBeNull();
    expect(await files.read('cpu-2.profile.json', 'a'.repeat(64))).toBeNull();
  });

  it('give way to newer ones of their kind', async () => {
    const files = new KeptFiles(root, { ...pipeline, name: 'newer' });
    await files.write('cpu.profile.json', 'a'.repeat(64), 'old');
    await files.write('cpu-2.profile.json', 'a'.repeat(64), 'other');
    await files.write('cpu.profile.json', 'b'.repeat(64), 'new');
    expect(readdirSync(files.folder).toSorted()).toEqual([
      `${'a'.repeat(16)}.cpu-2.profile.json`,
      `${'b'.repeat(16)}.cpu.profile.json`,
    ]);
  });

  it('are of one machine, and of a pipeline at one place', () => {
    const here = hostFacts();
    const { folder } = new KeptFiles(root, pipeline, here);
    expect(folder).toContain(hostFingerprint(here));
    const other = { ...here, cores: here.cores + 1 };
    expect(new KeptFiles(root, pipeline, other).folder).not.toBe(folder);
    expect(new KeptFiles(root, { ...pipeline, directory: '/elsewhere' }, here).folder).not.toBe(folder);
    expect(new KeptFiles(root, pipeline, { ...here }).folder).toBe(folder);
  });

  it('leave nothing where they cannot be written', async () => {
    const blocked = join(root, 'blocked');
    writeFileSync(blocked, '');
    const files = new KeptFiles(blocked, pipeline);
    await expect(files.write('plan.yaml', 'a'.repeat(64), 'plan')).rejects.toThrow(/ENOTDIR|EEXIST/);
    expect(await files.read('plan.yaml', 'a'.repeat(64))).toBeNull();
  });
});
