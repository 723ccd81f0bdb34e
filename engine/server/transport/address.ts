import { isIP, SocketAddress } from 'node:net';

const decoder = new TextDecoder();

/** An address in its usual spelling; of an IPv4 client on an IPv6 socket that of IPv4. */
export function plainAddress(address: string | ArrayBuffer): string {
  const text = typeof address === 'string' ? address : decoder.decode(address);
  if (!text.includes(':') || isIP(text) === 0) return text;
  const { address: short } = new SocketAddress({ address: text, family: 'ipv6' });
  return short.startsWith('::ffff:') && short.includes('.') ? short.slice('::ffff:'.length) : short;
}
