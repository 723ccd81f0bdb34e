import { describe, expect, it } from 'vitest';
import { plainAddress, remoteAddress } from '../../../engine/server/transport/address.ts';

const bufferOf = (bytes: Uint8Array) => new Uint8Array(bytes).buffer;

describe('the address of a client', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['0000:0000:0000:0000:0000:0000:0000:0001', '::1'],
    ['2001:0db8:0000:0000:0000:0000:0000:00ff', '2001:db8::ff'],
    ['', ''],
  ])('%s is spelt %s', (given, spelt) => expect(plainAddress(given)).toBe(spelt));

  it('is read from its bytes, or from a text where there are more', () => {
    const remote = (bytes: number[], text: string) => ({
      getRemoteAddress: () => bufferOf(Uint8Array.from(bytes)),
      getRemoteAddressAsText: () => bufferOf(new TextEncoder().encode(text)),
    });
    expect(remoteAddress(remote([192, 0, 2, 255], ''))).toBe('192.0.2.255');
    const long = '0000:0000:0000:0000:0000:ffff:c000:0201';
    expect(
      remoteAddress(
        remote(
          Array.from({ length: 16 }, () => 0),
          long,
        ),
      ),
    ).toBe('192.0.2.1');
  });
});
