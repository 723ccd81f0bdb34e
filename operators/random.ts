/** Draws that depend on nothing but what they are for, so that they repeat in any order and on any thread. */

function mix(hash: number, value: number): number {
  // One round of MurmurHash3's 32-bit body (Appleby, 2011, public domain).
  let k = Math.imul(value | 0, 0xcc9e2d51);
  k = Math.imul((k << 15) | (k >>> 17), 0x1b873593);
  const h = hash ^ k;
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
}

const start = 0x9747b28c | 0;

function finish(hash: number): number {
  // MurmurHash3's finaliser spreads every input bit over the result.
  let h = hash ^ (hash >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  h ^= h >>> 16;
  return (h >>> 0) / 2 ** 32;
}

/** A number in [0, 1) that is a function of its keys alone; texts count by their UTF-16 units. */
export function keyedUniform(...keys: readonly (number | string)[]): number {
  let hash = start;
  for (const key of keys) {
    if (typeof key === 'number') hash = mix(hash, key);
    else for (let i = 0; i < key.length; i++) hash = mix(hash, key.charCodeAt(i));
  }
  return finish(hash);
}

/** Starts a hash with keys that many draws have in common; `drawFrom` goes on from it. */
export function keyedPrefix(first: number, second: number): number {
  return mix(mix(start, first), second);
}

/**
 * The draw for two more keys: `drawFrom(keyedPrefix(a, b), c, d)` is `keyedUniform(a, b, c, d)`. Allocates nothing,
 * since a simulation makes millions of draws.
 */
export function drawFrom(prefix: number, third: number, fourth: number): number {
  return finish(mix(mix(prefix, third), fourth));
}
