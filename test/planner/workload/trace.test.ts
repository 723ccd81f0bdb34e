import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeArrivals, drawSamples, parseTrace, rescale } from '../../../planner/index.ts';
import { pointAt } from '../../support/pipelines.ts';

const told = (text: string): [string, string][] => parseTrace(text, 'arrivals.csv').diagnostics.map(pointAt);

describe('a trace', () => {
  it('is read as milliseconds', () => {
    const { arrivals, diagnostics } = parseTrace('arrival\n0.0000\n4.25\n4.25\n1e1\n');
    expect(diagnostics).toEqual([]);
    expect([...arrivals!]).toEqual([0, 4250, 4250, 10_000]);
  });

  it.each([
    ['lines that end as on Windows', 'arrival\r\n1\r\n2\r\n'],
    ['empty lines at its end', 'arrival\n1\n2\n\n \r\n\n'],
    ['no line break at its end', 'arrival\n1\n2'],
    ['a quoted header', '"arrival"\n1\n2\n'],
    ['a byte order mark', '\u{feff}arrival\n1\n2\n'],
    ['blanks around its numbers', 'arrival \n 1\n2\t\n'],
  ])('may have %s', (_, text) => {
    expect([...parseTrace(text).arrivals!]).toEqual([1000, 2000]);
  });

  it.each([
    ['that is empty', '', 'missing-arrivals', ''],
    ['of a header alone', 'arrival\n\n', 'missing-arrivals', 'arrival'],
    ['of one arrival', 'arrival\n3\n', 'missing-arrivals', 'arrival'],
    ['of one instant', 'arrival\n3\n3\n', 'missing-arrivals', 'arrival'],
    ['without a header', '0.5\n1.5\n', 'bad-header', '0.5'],
    ['with more columns', 'arrival,tokens\n0.5,3\n', 'bad-header', 'arrival,tokens'],
    ['of something else', '{ "millrace": "profile/1" }', 'bad-header', '{ "millrace": "profile/1" }'],
    ['with a word', 'arrival\n1\nsoon\n2\n', 'bad-arrival', 'soon'],
    ['with a second column', 'arrival\n1,5\n2\n3\n', 'bad-arrival', '1,5'],
    ['with a negative number', 'arrival\n-1\n2\n3\n', 'bad-arrival', '-1'],
    ['with NaN', 'arrival\n1\nNaN\n2\n', 'bad-arrival', 'NaN'],
    ['with infinity', 'arrival\n1\n2\nInfinity\n', 'bad-arrival', 'Infinity'],
    ['with a number that overflows', 'arrival\n1\n2\n1e999\n', 'bad-arrival', '1e999'],
    ['with hexadecimal', 'arrival\n1\n0x10\n', 'bad-arrival', '0x10'],
    ['with an empty line', 'arrival\n1\n\n2\n', 'bad-arrival', ''],
    ['with an earlier arrival', 'arrival\n1\n3\n2\n4\n', 'unsorted-arrival', '2'],
  ])('%s is refused, with where', (_, text, code, token) => {
    expect(parseTrace(text).arrivals).toBeUndefined();
    const found = told(text);
    expect(found.map(([code]) => code)).toEqual([code]);
    expect(found[0]![1]).toBe(token);
  });

  it('says file, line and what is wrong', () => {
    const [diagnostic] = parseTrace('arrival\n1\n3\n2\n', 'arrivals.csv').diagnostics;
    expect(diagnostic).toMatchObject({
      file: 'arrivals.csv',
      line: 4,
      column: 1,
      message: 'this arrival is before the one at 3; sort the trace',
    });
  });

  it('tells all its mistakes, the first lines by themselves and the rest by their number', () => {
    expect(told('arrival\n1\nx\n-2\n0.5\n7\n').map(([code]) => code)).toEqual([
      'bad-arrival',
      'bad-arrival',
      'unsorted-arrival',
    ]);
    const { diagnostics } = parseTrace(`arrival\n${'x\n'.repeat(1000)}`);
    expect(diagnostics).toHaveLength(10);
    expect(diagnostics[9]!.message).toMatch(/; 990 more lines are wrong$/);
  });

  it('of any ascending numbers is read as they are', () => {
    const time = fc.double({ min: 0, max: 1e6, noNaN: true }).map(Math.abs);
    fc.assert(
      fc.property(fc.array(time, { minLength: 2 }), times => {
        const sorted = times.toSorted((a, b) => a - b);
        fc.pre(sorted[0]! < sorted.at(-1)!);
        const { arrivals } = parseTrace(`arrival\n${sorted.join('\n')}\n`);
        expect([...arrivals!]).toEqual(sorted.map(time => time * 1000));
      }),
    );
  });
});

describe('arrivals', () => {
  const arrivals = Float64Array.of(1000, 1500, 3000, 3000, 5000);

  it('have a rate and a variation of their gaps', () => {
    const { rate, cv } = describeArrivals(arrivals);
    expect(rate).toBe(1);
    // Gaps of 0.5, 1.5, 0 and 2 seconds.
    expect(cv).toBeCloseTo(Math.sqrt((0.25 + 0.25 + 1 + 1) / 4));
  });

  it('at another rate keep their variation', () => {
    const faster = rescale(arrivals, 4);
    expect([...faster]).toEqual([250, 375, 750, 750, 1250]);
    expect(describeArrivals(faster)).toEqual({ rate: 4, cv: describeArrivals(arrivals).cv });
    expect(rescale(arrivals, 1)).toEqual(arrivals);
  });

  it('of a trace are the same for each seed, of a gamma process others', () => {
    const trace = { kind: 'trace', file: 'a.csv', sha256: '', arrivals, rate: 1, seeds: 2 } as const;
    expect(drawSamples(trace)).toEqual([
      { seed: 1, arrivals },
      { seed: 2, arrivals },
    ]);
    const [first, second, ...more] = drawSamples({ kind: 'gamma', rate: 5, cv: 1, queries: 10, seeds: 2 });
    expect(more).toEqual([]);
    expect([first!.seed, second!.seed]).toEqual([1, 2]);
    expect(first!.arrivals).toHaveLength(10);
    expect(first!.arrivals).not.toEqual(second!.arrivals);
  });
});
