import { describe, expect, it } from 'vitest';
import { asStageError, errorTable, MillraceError, type ErrorCode } from '../../operators/index.ts';

describe('the error table', () => {
  it.each(Object.entries(errorTable))('%s says what it means and how each door answers it', (code, entry) => {
    expect(code).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(entry.meaning).toMatch(/\w{3,}/);
    expect(entry.http).toBeGreaterThanOrEqual(400);
    expect(entry.http).toBeLessThan(600);
    expect([1, 2]).toContain(entry.exit);
    if ('close' in entry) expect(entry.close).toBeGreaterThanOrEqual(1000);
    expect(new MillraceError(code as ErrorCode, 'x')).toMatchObject({
      code,
      message: 'x',
      name: 'MillraceError',
    });
  });

  it('has the statuses that the protocols fix', () => {
    const statuses = Object.fromEntries(Object.entries(errorTable).map(([code, { http }]) => [code, http]));
    expect(statuses).toMatchObject({
      'invalid-input': 400,
      unauthenticated: 401,
      'not-found': 404,
      'too-large': 413,
      'unsupported-type': 415,
      overloaded: 429,
      cancelled: 499,
      'stage-failed': 500,
      unavailable: 503,
      'deadline-exceeded': 504,
    });
  });
});

describe('an error', () => {
  it('looks for where it came from only if it is no way that queries end by design', () => {
    const frames = (code: ErrorCode) => new MillraceError(code, 'x').stack!.split('\n').length - 1;
    expect((['overloaded', 'cancelled', 'deadline-exceeded'] as const).map(frames)).toEqual([0, 0, 0]);
    expect(frames('stage-failed')).toBeGreaterThan(0);
  });
});

describe('what an operator threw', () => {
  it('reaches the client as its first line, and the log whole', () => {
    const thrown = new Error('no such layer\n  at secret/path.js');
    const error = asStageError(thrown, 'detect');
    expect(error).toMatchObject({
      code: 'stage-failed',
      stage: 'detect',
      message: 'stage "detect": no such layer',
    });
    expect(error.cause).toBe(thrown);
  });

  it('keeps its code if it has one', () => {
    const error = asStageError(new MillraceError('invalid-input', 'not a picture'), 'decode');
    expect(error).toMatchObject({
      code: 'invalid-input',
      stage: 'decode',
      message: 'stage "decode": not a picture',
    });
  });

  it.each([
    [undefined, 'undefined'],
    ['text', 'text'],
    [new Error(''), 'failed without a message'],
  ])('may be anything: %s', (thrown, message) => {
    expect(asStageError(thrown, 's').message).toBe(`stage "s": ${message}`);
  });
});
