import { describe, expect, it } from 'vitest';
import {
  formatDuration,
  formatSize,
  keyedUniform,
  parseDuration,
  parseSize,
  serviceTime,
} from '../../operators/index.ts';

describe('durations and sizes', () => {
  it.each([
    ['20 ms', 20],
    ['1.5 s', 1500],
    ['250us', 0.25],
    ['2 min', 120_000],
    ['1 h', 3_600_000],
  ])('%s is %d ms', (text, ms) => expect(parseDuration(text)).toBe(ms));

  it.each(['20', 20, '', 'ms', '-1 s', '1 sec', '1e3 ms', null, '1 ms 2 s'])('%j is no duration', text =>
    expect(parseDuration(text)).toBeNull(),
  );

  it.each([
    ['64 MiB', 64 * 1024 ** 2],
    ['1 kB', 1000],
    ['3B', 3],
  ])('%s is %d bytes', (text, size) => expect(parseSize(text)).toBe(size));

  it.each([
    [0.0123, '12 µs'],
    [37.24, '37.2 ms'],
    [412.4, '412 ms'],
    [1250, '1.25 s'],
    [2000, '2 s'],
  ])('%d ms reads %s', (ms, text) => expect(formatDuration(ms)).toBe(text));
});

describe('a size for people', () => {
  it.each([
    [64 * 1024 ** 2, '64 MiB'],
    [3 * 1024 ** 3, '3 GiB'],
    [1536, '1536 B'],
    [2048, '2 KiB'],
    [0, '0 B'],
  ])('of %d bytes is %s, and reads as the same', (bytes, text) => {
    expect(formatSize(bytes)).toBe(text);
    expect(parseSize(text)).toBe(bytes);
  });
});

describe('service times', () => {
  const points = [
    { batch: 1, time: 5 },
    { batch: 5, time: 13 },
  ];
  it.each([
    [1, 5],
    [3, 9],
    [5, 13],
    [6, 18],
    [10, 26],
  ])('of a batch of %d', (batch, time) => expect(serviceTime(points, batch)).toBe(time));

  it('below the smallest size measured are that one’s', () =>
    expect(serviceTime([{ batch: 4, time: 8 }], 2)).toBe(8));
});

describe('keyed draws', () => {
  it('repeat for the same keys and spread evenly over others', () => {
    expect(keyedUniform('a', 1)).toBe(keyedUniform('a', 1));
    const draws = Array.from({ length: 10_000 }, (_, index) => keyedUniform('stage', index));
    const mean = draws.reduce((sum, draw) => sum + draw, 0) / draws.length;
    expect(mean).toBeCloseTo(0.5, 1);
    expect(new Set(draws.map(draw => Math.floor(draw * 10))).size).toBe(10);
  });
});
