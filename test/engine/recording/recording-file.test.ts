import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { isRecording, readRecording } from '../../../engine/recording/read-recording.ts';
import { RecordingFile, type RecordingFileOptions } from '../../../engine/recording/recording-file.ts';
import type { RecordedLine } from '../../../planner/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'millrace-recording-'));
afterAll(() => rmSync(folder, { recursive: true }));

const pipelines = { ocr: { stages: ['read'] } };
const line = (arrival: number): string =>
  JSON.stringify({ pipeline: 'ocr', arrival, outcome: 'ok', latency: 5, work: [] } satisfies RecordedLine);

function open(name: string, options: Partial<RecordingFileOptions> = {}) {
  const path = join(folder, name);
  const told: string[] = [];
  const tell = (_: object, message: string) => void told.push(message.replace(path, 'FILE'));
  const log = { warn: tell, error: tell };
  return { path, told, file: RecordingFile.open(path, { pipelines, limit: 2 ** 20, log, ...options }) };
}

describe('the file of a recording', () => {
  it('is what readers read', async () => {
    const { path, file, told } = open('whole.jsonl');
    for (const arrival of [0, 2, 1]) file.write(line(arrival));
    await file.close();
    file.write(line(3));
    const { queries } = await readRecording(path);
    expect(queries.map(({ arrival }) => arrival)).toEqual([0, 1000, 2000]);
    expect(told).toEqual([]);
  });

  it('is gone on with, without what was left of a line', async () => {
    const first = open('again.jsonl');
    first.file.write(line(0));
    first.file.write(line(4));
    await first.file.close();
    appendFileSync(first.path, '{"pipeline":"ocr","arr');
    const second = open('again.jsonl');
    second.file.write(line(1));
    await second.file.close();
    const { queries, torn } = await readRecording(first.path);
    expect(queries.map(({ arrival }) => arrival)).toEqual([0, 4000, 5000]);
    expect(torn).toBe(false);
  });

  it('ends at its limit, and says so once', async () => {
    const { path, file, told } = open('full.jsonl', { limit: 1000 });
    for (let arrival = 0; arrival < 100; arrival++) file.write(line(arrival));
    expect(file.isOver).toBe(true);
    await file.close();
    expect(readFileSync(path).length).toBeLessThan(1000);
    expect((await readRecording(path)).queries.length).toBeGreaterThan(5);
    expect(told).toEqual(['FILE has reached 1000 B: nothing more is recorded']);
  });

  it('leaves out what the disk does not keep up with, and counts it', async () => {
    const { path, file, told } = open('slow.jsonl', { waiting: 500 });
    // All in one turn of the event loop: nothing can be written meanwhile.
    for (let arrival = 0; arrival < 100; arrival++) file.write(line(arrival));
    await file.close();
    const { queries, dropped } = await readRecording(path);
    expect(queries.length).toBeGreaterThan(2);
    expect(queries.length + dropped).toBe(100);
    expect(told).toEqual([`${dropped} queries are not recorded: FILE can't be written that fast`]);
  });

  it.each<[string, (path: string) => void, string, string]>([
    ['a folder', path => mkdirSync(path), 'not-found', 'it is a folder'],
    [
      'another file',
      path => writeFileSync(path, 'arrival\n1\n'),
      'unavailable',
      'it is there already, and is no recording; give another file',
    ],
    [
      'a recording of another version',
      path => writeFileSync(path, '{"millrace":"recording/2"}\n'),
      'unavailable',
      'it is there already, of another version: recording/2; give another file',
    ],
  ])('is not %s, which stays as it is', (name, make, code, why) => {
    const path = join(folder, name);
    make(path);
    expect(() => open(name)).toThrow(
      expect.objectContaining({ code, message: `nothing can be recorded in ${path}: ${why}` }) as Error,
    );
  });

  it('is not in a folder that is not there', () => {
    expect(() => open('nowhere/traffic.jsonl')).toThrow(/there is no such folder/);
  });
});

describe('reading a recording', () => {
  it('goes by its name, or by how it begins', async () => {
    const { path, file } = open('unnamed');
    await file.close();
    const csv = join(folder, 'arrivals.csv');
    writeFileSync(csv, 'arrival\n1\n');
    expect(await Promise.all([path, csv, 'nowhere.jsonl', 'nowhere'].map(isRecording))).toEqual([
      true,
      false,
      true,
      false,
    ]);
  });

  it('finds lines wherever they are cut in reading', async () => {
    const { path, file } = open('long.jsonl', { limit: 2 ** 24 });
    const padding = 'x'.repeat(30_000);
    for (let arrival = 0; arrival < 20; arrival++)
      file.write(line(arrival).replace('"ok"', `"ok","padding":"${padding}${arrival}"`));
    await file.close();
    expect((await readRecording(path)).queries).toHaveLength(20);
  });

  it('says that there is none', async () => {
    await expect(readRecording(join(folder, 'none.jsonl'))).rejects.toMatchObject({
      code: 'not-found',
      message: `there is no recording ${join(folder, 'none.jsonl')}`,
    });
  });
});
