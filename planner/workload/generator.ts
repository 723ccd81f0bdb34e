/** The finaliser of MurmurHash3 (Appleby 2011, public domain): spreads every bit over the result. */
function spread(value: number): number {
  let h = value ^ (value >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/**
 * A stream of uniform numbers in [0, 1), of 53 bits each: xoshiro128** (Blackman and Vigna 2018), two of its outputs
 * to a number. The same seed gives the same numbers on every machine.
 *
 * @param seed a whole number, of which 32 bits count
 */
export function uniforms(seed: number): () => number {
  // Four words that are a function of the seed, never all zero: a counter, as in SplitMix (Steele et al. 2014).
  let a = spread((seed + 0x9e3779b9) | 0);
  let b = spread((seed + 0x3c6ef372) | 0);
  let c = spread((seed + 0xdaa66d2b) | 0);
  let d = spread((seed + 0x78dde6e4) | 0);
  const next = (): number => {
    const scrambled = Math.imul(b, 5);
    const result = Math.imul((scrambled << 7) | (scrambled >>> 25), 9);
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = (d << 11) | (d >>> 21);
    return result >>> 0;
  };
  return () => {
    const high = next() >>> 5;
    const low = next() >>> 6;
    return (high * 2 ** 26 + low) / 2 ** 53;
  };
}
