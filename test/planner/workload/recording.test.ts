import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  arrivalsOf,
  countsOf,
  RecordingReader,
  recordingVersion,
  type RecordedLine,
  type RecordedWork,
  type Recording,
  type RecordingOptions,
} from '../../../planner/index.ts';
import { pointAt } from '../../support/pipelines.ts';

const header = {
  millrace: recordingVersion,
  started: '2026-01-01T00:00:00.000Z',
  pipelines: { ocr: { stages: ['detect', 'read'] }, speech: { stages: ['hear'] } },
};
const one = { ...header, pipelines: { ocr: header.pipelines.ocr } };

function work(stage: string, items: number): RecordedWork {
  return { stage, hardware: 'cpu', items, queue: 1, service: 5 * items, batch: 1 };
}

function line(arrival: number, more: Partial<RecordedLine> = {}): RecordedLine {
  return { pipeline: 'ocr', arrival, outcome: 'ok', latency: 10, work: [], ...more };
}

/** Reads lines, of which the last may lack its line break. */
function read(lines: readonly (object | string)[], options: RecordingOptions = {}, isWhole = true) {
  const reader = new RecordingReader('traffic.jsonl', options);
  const texts = lines.map(each => (typeof each === 'string' ? each : JSON.stringify(each)));
  for (const [index, text] of texts.entries()) reader.take(text, isWhole || index < texts.length - 1);
  return reader.end();
}

function recordingOf(...args: Parameters<typeof read>): Recording {
  const { recording, diagnostics } = read(...args);
  expect(diagnostics).toEqual([]);
  return recording!;
}

describe('a recording', () => {
  it('is read by arrival, in milliseconds', () => {
    const kept = { timeout: 500, priority: 2, work: [work('read', 3)] };
    const { queries, ...rest } = recordingOf([
      one,
      line(2),
      line(0.5, kept),
      line(1, { outcome: 'overloaded' }),
    ]);
    expect(rest).toEqual({ pipeline: 'ocr', stages: ['detect', 'read'], dropped: 0, torn: false });
    expect(queries).toEqual([
      { arrival: 500, outcome: 'ok', latency: 10, ...kept },
      { arrival: 1000, outcome: 'overloaded', latency: 10, work: [] },
      { arrival: 2000, outcome: 'ok', latency: 10, work: [] },
    ]);
  });

  it('gives the pipeline that is asked for', () => {
    const lines = [
      header,
      line(0),
      line(1, { pipeline: 'speech' }),
      line(2),
      line(3, { pipeline: 'speech' }),
    ];
    expect([...arrivalsOf(recordingOf(lines, { pipeline: 'speech' }))]).toEqual([1000, 3000]);
    expect([...arrivalsOf(recordingOf(lines, { pipeline: 'ocr' }))]).toEqual([0, 2000]);
  });

  it('leaves out the time between servers that wrote it', () => {
    const later = { ...one, started: '2026-01-03T00:00:00.000Z' };
    expect([...arrivalsOf(recordingOf([one, line(3), line(1), later, line(0.5), line(2)]))]).toEqual([
      1000, 3000, 3500, 5000,
    ]);
  });

  it('keeps inputs only where they are wanted', () => {
    const inputs = [{ name: 'image', datatype: 'BYTES', shape: [1], base64: 'AAAA' }];
    const lines = [one, line(0, { inputs }), line(1)];
    expect(recordingOf(lines).queries[0]).not.toHaveProperty('inputs');
    expect(recordingOf(lines, { inputs: true }).queries.map(query => query.inputs)).toEqual([
      inputs,
      undefined,
    ]);
  });

  it('counts what the disk did not take, and lets lines of newer writers pass', () => {
    const lines = [one, line(0), { dropped: 3 }, { note: 'new' }, { ...line(1), more: true }, { dropped: 4 }];
    expect(recordingOf(lines)).toMatchObject({ dropped: 7, queries: [{}, {}] });
  });

  it('may break off within its last line', () => {
    const lines = [one, line(0), line(1)];
    expect(recordingOf([...lines, '{"pipeline":"ocr","arri'], {}, false)).toMatchObject({ torn: true });
    expect(recordingOf([...lines, line(2)], {}, false)).toMatchObject({ torn: false, queries: [{}, {}, {}] });
  });

  it.each<[string, (object | string)[], string, string, number]>([
    ['that is empty', [], 'missing-arrivals', '', 1],
    ['of something else', ['arrival', '1'], 'bad-version', 'arrival', 1],
    ['of another kind', [{ millrace: 'plan/1' }], 'bad-version', '"millrace"', 1],
    ['of another version', [{ ...one, millrace: 'recording/2' }], 'bad-version', '"millrace"', 1],
    ['whose kind is no text', ['{"millrace":{"toString":1}}'], 'bad-version', '"millrace"', 1],
    ['without a header', [line(0), line(1)], 'bad-version', JSON.stringify(line(0)), 1],
    [
      'whose header lacks its pipelines',
      [{ ...one, pipelines: undefined }],
      'missing-key',
      expect.anything(),
      1,
    ],
    ['of no queries', [one], 'missing-arrivals', '', 1],
    ['of one instant', [one, line(1), line(1)], 'missing-arrivals', '', 1],
    [
      'with a torn line amid others',
      [one, line(0), '{"pipeline":"oc', line(1)],
      'json-syntax',
      '{"pipeline":"oc',
      3,
    ],
    ['with a list', [one, line(0), '[1]', line(1)], 'not-a-mapping', '[1]', 3],
    ['with a negative arrival', [one, line(0), line(-1)], 'bad-arrival', '"arrival"', 3],
    [
      'with an endless arrival',
      [one, line(0), '{"pipeline":"ocr","arrival":1e999}'],
      'bad-arrival',
      '"arrival"',
      3,
    ],
    ['with a latency in words', [one, { ...line(0), latency: 'long' }, line(1)], 'bad-type', '"latency"', 2],
    ['with work of no stage', [one, line(0), { ...line(1), work: [{ items: 1 }] }], 'bad-type', '"work"', 3],
    [
      'without an outcome',
      [one, line(0), { ...line(1), outcome: undefined }],
      'missing-key',
      expect.anything(),
      3,
    ],
  ])('%s is refused, with where', (_, lines, code, token, number) => {
    const { recording, diagnostics } = read(lines);
    expect(recording).toBeUndefined();
    expect(diagnostics.map(pointAt)).toEqual([[code, token]]);
    expect(diagnostics[0]).toMatchObject({ file: 'traffic.jsonl', line: number, severity: 'error' });
  });

  it.each([
    [undefined, 'this is a recording of several pipelines, "ocr", "speech": say which'],
    ['fashion', 'this is a recording of "ocr", "speech", not of "fashion"'],
  ])('of other pipelines than %s says of which', (pipeline, message) => {
    expect(read([header, line(0), line(1)], { pipeline }).diagnostics).toMatchObject([
      { code: 'wrong-pipeline', message },
    ]);
  });

  it('tells its first mistakes by themselves and the rest by their number', () => {
    const { diagnostics } = read([one, ...Array.from({ length: 30 }, () => 'x')]);
    expect(diagnostics).toHaveLength(10);
    expect(diagnostics.at(-1)!.message).toBe('this line is no JSON; 20 more lines are wrong');
  });

  it('is no reason to throw, whatever it holds', () => {
    const anything = fc.oneof(fc.string(), fc.json(), fc.constant(JSON.stringify(line(0))));
    fc.assert(
      fc.property(fc.array(anything), lines => {
        const { recording, diagnostics } = read([one, ...lines]);
        expect(recording === undefined).toBe(diagnostics.length > 0);
      }),
    );
  });
});

describe('items per query of a recording', () => {
  it('are those of the answered queries, in the order they came; of another, those of the one before', () => {
    const lines = [
      one,
      line(0, { outcome: 'cancelled' }),
      line(3, { work: [work('detect', 1)] }),
      line(1, { work: [work('detect', 1), work('read', 4), { ...work('read', 2), hardware: 't4' }] }),
      line(2, { outcome: 'deadline-exceeded', work: [work('detect', 1)] }),
    ];
    expect(countsOf(recordingOf(lines))).toEqual(
      new Map([
        ['detect', [1, 1, 1, 1]],
        ['read', [6, 6, 6, 0]],
      ]),
    );
  });

  it('are not known where nothing was answered', () => {
    const lines = [one, line(0, { outcome: 'overloaded' }), line(1, { outcome: 'overloaded' })];
    expect(countsOf(recordingOf(lines))).toBeNull();
  });
});
