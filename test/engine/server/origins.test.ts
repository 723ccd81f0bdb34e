import { describe, expect, it } from 'vitest';
import type { Access } from '../../../engine/server/access.ts';
import { KeyAccess } from '../../../engine/server/access/key-access.ts';
import { isLoopback, Origins } from '../../../engine/server/access/origins.ts';
import { crossOriginHeaders } from '../../../engine/server/cross-origin.ts';
import type { MillraceError } from '../../../operators/index.ts';
import { headOf } from '../../support/served.ts';

const accessOf = (allowed: readonly string[], bound: string): Access =>
  new KeyAccess(null, new Origins(allowed, bound));
const local = accessOf(['https://shop.example'], '127.0.0.1');
const everyone = accessOf(['*'], '127.0.0.1');
const outward = accessOf([], '0.0.0.0');

/** What becomes of a request: the origin that may read its reply, `as it is`, or why it is refused. */
function fate(access: Access, headers: Record<string, string>): string {
  try {
    const added = crossOriginHeaders(headOf('POST', '/v2', headers), access);
    return added['access-control-allow-origin'] ?? 'as it is';
  } catch (error) {
    const { code, message } = error as MillraceError;
    return `${code}: ${message}`;
  }
}

describe('a page', () => {
  it('of the server’s own origin is served, and so is what is no page', () => {
    expect(fate(local, { host: 'localhost:8000' })).toBe('as it is');
    expect(fate(local, { host: 'localhost:8000', origin: 'http://localhost:8000' })).toBe('as it is');
    expect(fate(outward, { host: 'ml.example', origin: 'https://ml.example' })).toBe('as it is');
  });

  it('of another origin is refused unless it is on the list', () => {
    const host = 'localhost:8000';
    expect(fate(local, { host, origin: 'https://shop.example' })).toBe('https://shop.example');
    expect(fate(local, { host, origin: 'https://evil.example' })).toBe(
      'unauthenticated: pages of https://evil.example may not ask this server; --allow-origin https://evil.example lets them',
    );
    for (const origin of [
      'null',
      'http://shop.example',
      'http://localhost:9000',
      'https://shop.example.evil',
    ])
      expect(fate(local, { host, origin })).toMatch(/^unauthenticated: /);
    expect(fate(outward, { host: '', origin: 'null' })).toMatch(/^unauthenticated: /);
    expect(fate(everyone, { host, origin: 'null' })).toBe('null');
  });
});

describe('a name that was made to lead to this machine', () => {
  it('is refused where the server listens on this machine alone', () => {
    const rebound = { host: 'evil.example:8000', origin: 'http://evil.example:8000' };
    expect(fate(local, rebound)).toBe(
      'unauthenticated: this server is not "evil.example:8000"; if it is meant, --allow-origin with its name lets it be',
    );
    expect(fate(local, { host: 'evil.example:8000' })).toMatch(/^unauthenticated: /);
    expect(fate(outward, rebound)).toBe('as it is');
  });

  it('is taken if it is this machine’s, or was named', () => {
    for (const host of [
      '127.0.0.1:8000',
      '[::1]:8000',
      'LOCALHOST',
      'app.localhost:8000',
      'shop.example',
      '',
    ])
      expect(fate(local, { host })).toBe('as it is');
    expect(fate(everyone, { host: 'anything.example' })).toBe('as it is');
  });

  it.each([
    ['127.0.0.1', true],
    ['127.1.2.3', true],
    ['localhost', true],
    ['::1', true],
    ['0.0.0.0', false],
    ['::', false],
    ['127.0.0.1.example', false],
    ['notlocalhost', false],
  ])('%s is this machine: %s', (host, expected) => {
    expect(isLoopback(host)).toBe(expected);
  });
});

describe('the list of origins', () => {
  it.each([
    ['example.com', 'an origin is https://example.com'],
    ['https://example.com/', 'did you mean "https://example.com"?'],
    ['https://example.com/app', 'did you mean "https://example.com"?'],
    ['null', 'an origin is https://example.com'],
  ])('takes no %s', (origin, hint) => {
    expect(() => new Origins([origin], 'localhost')).toThrow(`"${origin}" is no origin; ${hint}`);
  });
});
