import { isIP, SocketAddress } from 'node:net';

const decoder = new TextDecoder();

/** What uWebSockets.js says of where a request or a socket comes from. */
interface Remote {
  getRemoteAddress(): ArrayBuffer;
  getRemoteAddressAsText(): ArrayBuffer;
}

/** Asked for every request: the four bytes of IPv4 are quicker to write out than their text is to decode. */
export function remoteAddress(remote: Remote): string {
  const bytes = new Uint8Array(remote.getRemoteAddress());
  if (bytes.length === 4) return `${bytes[0]}.${bytes[1]}.${bytes[2]}.${bytes[3]}`;
  return plainAddress(decoder.decode(remote.getRemoteAddressAsText()));
}

/** An address in its usual spelling; of an IPv4 client on an IPv6 socket that of IPv4. */
export function plainAddress(address: string): string {
  if (!address.includes(':') || isIP(address) === 0) return address;
  const { address: short } = new SocketAddress({ address, family: 'ipv6' });
  return short.startsWith('::ffff:') && short.includes('.') ? short.slice('::ffff:'.length) : short;
}
