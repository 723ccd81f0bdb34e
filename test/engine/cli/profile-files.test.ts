import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { UsageError } from '../../../engine/cli/command.ts';
import { readProfiles } from '../../../engine/cli/profile-files.ts';
import { parseHardware, parsePipeline } from '../../../pipelines/index.ts';
import { pipelineOf } from '../../support/pipelines.ts';

const folder = mkdtempSync(join(tmpdir(), 'millrace-profiles-'));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => vi.restoreAllMocks());

const pipeline = parsePipeline(
  pipelineOf(
    'a: { operator: shout, inputs: { text: inputs.text } }\nb: { operator: shout, inputs: { text: a.text } }',
    'b.text',
  ),
).pipeline!;

/** Writes a profile and returns its path. */
function profile(name: string, hardware: string, stages: readonly string[], changes: object = {}): string {
  const path = join(folder, name);
  const stage = { scale: { mean: 1 }, batches: { 1: { mean: 5 } } };
  const content = {
    millrace: 'profile/1',
    pipeline: 'test',
    hardware,
    stages: Object.fromEntries(stages.map(stage_ => [stage_, stage])),
    ...changes,
  };
  writeFileSync(path, JSON.stringify(content, null, 2));
  return path;
}

const read = (paths: readonly string[], types?: string) =>
  readProfiles(
    { positionals: [], values: { profile: [...paths] } },
    pipeline,
    types === undefined ? undefined : parseHardware(`millrace: hardware/1\ntypes: { ${types} }\n`).hardware,
  );

describe('--profile', () => {
  it('takes files and folders, each profile once', async () => {
    mkdirSync(join(folder, 'both'));
    const cpu = profile('both/cpu.profile.json', 'cpu', ['a']);
    profile('both/cpu-2.profile.json', 'cpu-2', ['a', 'b']);
    writeFileSync(join(folder, 'both', 'notes.json'), 'not one of them');
    const { profiles, hardware, warnings } = await read([cpu, join(folder, 'both')]);
    expect(profiles.map(({ hardware }) => hardware)).toEqual(['cpu', 'cpu-2']);
    expect(Object.keys(hardware.types)).toEqual(['cpu', 'cpu-2']);
    expect(warnings).toEqual([]);
  });

  it('keeps to the hardware file, if there is one', async () => {
    const path = profile('all.json', 'here', ['a', 'b']);
    const { hardware } = await read([path], 'here: { device: cpu, threads: 4 }');
    expect(hardware.types).toEqual({ here: { device: 'cpu', threads: 4 } });
    await expect(read([path], 'there: { device: cpu }')).rejects.toMatchObject({
      message: expect.stringMatching(/all\.json:4:15 {2}error {2}unknown-hardware[^]*did you mean "there"\?/),
    });
    await expect(read([path])).rejects.toThrow(/nothing says what hardware "here" is/);
  });

  it('says what was smoothed, and goes on', async () => {
    const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const noisy = { scale: { mean: 1 }, batches: { 1: { mean: 5 }, 2: { mean: 4 } } };
    const path = profile('noisy.json', 'cpu', [], { stages: { a: noisy, b: noisy } });
    const { profiles, warnings } = await read([path]);
    expect(profiles[0]!.stages['a']!.batches.map(({ mean }) => mean)).toEqual([4.5, 4.5]);
    expect(warnings).toHaveLength(2);
    expect(said.mock.calls.join('')).toMatch(/noisy\.json:\d+:\d+ {2}warning {2}falling-time/);
  });

  it('tells the mistakes of all files at once', async () => {
    const other = profile('other.json', 'cpu', ['a'], { pipeline: 'ocr' });
    const empty = profile('empty.json', 'cpu-2', [], {
      stages: { a: { scale: { mean: 1 }, batches: { 1: {} } } },
    });
    await expect(read([other, empty])).rejects.toMatchObject({
      code: 'invalid-pipeline',
      message: expect.stringMatching(
        /other\.json:3:15 {2}error {2}wrong-pipeline[^]*empty\.json[^]*missing-times/,
      ),
    });
  });

  it('must cover every stage, with one profile of each hardware', async () => {
    const first = profile('first.json', 'cpu', ['a']);
    const again = profile('again.json', 'cpu', ['a']);
    await expect(read([first, again])).rejects.toMatchObject({
      code: 'invalid-pipeline',
      message: expect.stringMatching(
        /first\.json is a profile of hardware "cpu" too[^]*no profile has stage "b"/,
      ),
    });
  });

  it('must name something that is there', async () => {
    await expect(readProfiles({ positionals: [], values: {} }, pipeline)).rejects.toThrow(UsageError);
    await expect(read([join(folder, 'none.json')])).rejects.toThrow(/there is no profile .*none\.json/);
    mkdirSync(join(folder, 'bare'));
    await expect(read([join(folder, 'bare')])).rejects.toThrow(/bare holds no \*\.profile\.json/);
  });
});
