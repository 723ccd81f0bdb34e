import { uniforms } from './generator.ts';

/** CVs below this are taken as evenly spaced: their gaps differ by less than timers can tell. */
const leastCv = 1e-6;

/**
 * Standard normal numbers, by Marsaglia's polar method (1964), two at a time.
 *
 * @param uniform in [0, 1)
 */
function normals(uniform: () => number): () => number {
  let spare = NaN;
  return () => {
    if (!Number.isNaN(spare)) {
      const kept = spare;
      spare = NaN;
      return kept;
    }
    for (;;) {
      const x = 2 * uniform() - 1;
      const y = 2 * uniform() - 1;
      const square = x * x + y * y;
      if (square >= 1 || square === 0) continue;
      const scale = Math.sqrt((-2 * Math.log(square)) / square);
      spare = y * scale;
      return x * scale;
    }
  };
}

/**
 * Gamma-distributed numbers of mean `shape`, by Marsaglia and Tsang, "A simple method for generating gamma variables"
 * (2000); a shape below 1 by their boost, from one that is 1 more.
 *
 * @param shape more than 0
 * @param uniform in [0, 1)
 */
export function gammas(shape: number, uniform: () => number): () => number {
  const normal = normals(uniform);
  const d = Math.max(shape, shape < 1 ? shape + 1 : 0) - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  const atLeastOne = (): number => {
    for (;;) {
      const x = normal();
      const v = (1 + c * x) ** 3;
      if (v <= 0) continue;
      // Of 1 - u, since u may be 0.
      if (Math.log(1 - uniform()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
    }
  };
  return shape < 1 ? () => atLeastOne() * (1 - uniform()) ** (1 / shape) : atLeastOne;
}

/**
 * Arrivals of a gamma process, the first after the first gap: a Poisson process where `cv` is 1, evenly spaced where
 * it is 0.
 *
 * @param rate queries per second
 * @param cv coefficient of variation of the gaps
 * @returns milliseconds, ascending
 */
export function gammaArrivals(rate: number, cv: number, queries: number, seed: number): Float64Array {
  const mean = 1000 / rate;
  if (cv < leastCv) return Float64Array.from({ length: queries }, (_, query) => (query + 1) * mean);
  const arrivals = new Float64Array(queries);
  const draw = gammas(1 / (cv * cv), uniforms(seed));
  const scale = mean * cv * cv;
  let now = 0;
  for (let query = 0; query < queries; query++) {
    now += scale * draw();
    arrivals[query] = now;
  }
  return arrivals;
}
