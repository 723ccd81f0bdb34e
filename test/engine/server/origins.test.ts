import { describe, expect, it } from 'vitest';
import { isLoopback, Origins } from '../../../engine/server/access/origins.ts';
import { headOf, textOfReply } from '../../support/served.ts';

const local = new Origins(['https://shop.example'], '127.0.0.1');
const everyone = new Origins(['*'], '127.0.0.1');
const outward = new Origins([], '0.0.0.0');

/** What becomes of a request: the origin that may read its reply, `as it is` or the refusal. */
function fate(origins: Origins, headers: Record<string, string>, method = 'POST'): string {
  const screened = origins.screen(headOf(method, '/v2', headers));
  if ('headers' in screened) return screened.headers['access-control-allow-origin'] ?? 'as it is';
  const { status } = screened.reply;
  return status === 204 ? 'preflight' : `${status} ${textOfReply(screened.reply)}`;
}

describe('a page', () => {
  it('of the server’s own origin is served, and so is what is no page', () => {
    expect(fate(local, { host: 'localhost:8000' })).toBe('as it is');
    expect(fate(local, { host: 'localhost:8000', origin: 'http://localhost:8000' })).toBe('as it is');
    expect(fate(local, { host: 'LOCALHOST', origin: 'http://localhost' })).toBe('as it is');
    expect(fate(outward, { host: 'ml.example', origin: 'https://ml.example' })).toBe('as it is');
  });

  it('of another origin is refused unless it is on the list', () => {
    const host = 'localhost:8000';
    expect(fate(local, { host, origin: 'https://shop.example' })).toBe('https://shop.example');
    expect(fate(local, { host, origin: 'https://evil.example' })).toBe(
      '403 {"error":"pages of https://evil.example may not use this server; --allow-origin https://evil.example lets them"}',
    );
    for (const origin of [
      'null',
      'http://shop.example',
      'http://localhost:9000',
      'https://shop.example.evil',
    ])
      expect(fate(local, { host, origin })).toMatch(/^403 /);
    expect(fate(outward, { host: '', origin: 'null' })).toMatch(/^403 /);
    expect(fate(everyone, { host, origin: 'null' })).toBe('*');
  });

  it('asks before it sends what a form could not, and is told what it may', () => {
    const asked = {
      host: 'localhost:8000',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'x-api-key',
    };
    expect(
      local.screen(headOf('OPTIONS', '/v2', { ...asked, origin: 'https://shop.example' })),
    ).toMatchObject({
      reply: {
        status: 204,
        headers: {
          'access-control-allow-origin': 'https://shop.example',
          'access-control-allow-methods': 'GET, POST, PUT, DELETE',
          'access-control-allow-headers': expect.stringContaining('x-api-key') as unknown,
          vary: 'origin',
        },
      },
    });
    expect(fate(local, { ...asked, origin: 'https://evil.example' }, 'OPTIONS')).toMatch(/^403 /);
  });
});

describe('a name that was made to lead to this machine', () => {
  it('is refused where the server listens on this machine alone', () => {
    const rebound = { host: 'evil.example:8000', origin: 'http://evil.example:8000' };
    expect(fate(local, rebound)).toBe(
      '403 {"error":"host \\"evil.example:8000\\" is not this server\'s; name it with --allow-origin if it is meant"}',
    );
    expect(fate(local, { host: 'evil.example:8000' })).toMatch(/^403 /);
    expect(fate(outward, rebound)).toBe('as it is');
  });

  it('is taken if it is this machine’s, or was named', () => {
    for (const host of ['127.0.0.1:8000', '[::1]:8000', 'app.localhost:8000', 'shop.example', ''])
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
