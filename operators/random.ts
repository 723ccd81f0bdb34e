/** Draws that depend on nothing but what they are for, so that they repeat in any order and on any thread. */

function mix(hash: number, value: number): number {
  // One round of MurmurHash3's 32-bit body (Appleby, 2011, public domain).
  let k = Math.imul(value | 0, 0xcc9e2d51);
  k = Math.imul((k << 15) | (k >>> 17), 0x1b873593);
  const h = hash ^ k;
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
}

/** A number in [0, 1) that is a function of its keys alone; texts count by their UTF-16 units. */
export function keyedUniform(...keys: readonly (number | string)[]): number {
  let hash = 0x9747b28c;
  for (const key of keys) {
    if (typeof key === 'number') hash = mix(hash, key);
    else for (let i = 0; i < key.length; i++) hash = mix(hash, key.charCodeAt(i));
  }
  // MurmurHash3's finaliser spreads every input bit over the result.
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  hash ^= hash >>> 16;
  return (hash >>> 0) / 2 ** 32;
}
