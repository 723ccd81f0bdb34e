/**
 * Slow replicas held back while faster ones are done with what waits sooner. With several pools a slow replica that
 * takes whatever waits can raise a high percentile; held back, it takes work only where much waits.
 */
import { speedOf } from '../simulation/deployment.ts';
import { optionOf, type Option } from './option.ts';

/** Batches of all the fastest replicas that a backlog is, at which slower ones set in. */
const backlogs = [1, 2, 4];

/**
 * An option's variants in which all pools but the fastest are held back.
 * @param wait milliseconds after which they take what waits all the same
 */
export function heldBack({ pools }: Option, wait: number): Option[] {
  if (pools.length < 2) return [];
  const fastest = pools.reduce((best, pool) =>
    speedOf(pool.kind.pool) < speedOf(best.kind.pool) ? pool : best,
  );
  const all = fastest.replicas * fastest.kind.batch;
  return [...new Set([2, ...backlogs.map(times => Math.max(2, times * all))])].map(backlog =>
    optionOf(
      pools.map(pool => {
        if (pool === fastest) return pool;
        const { kind, replicas } = pool;
        return { kind: { ...kind, pool: { ...kind.pool, maxWait: wait, backlog } }, replicas };
      }),
    ),
  );
}

export function isHeldBack({ pools }: Option): boolean {
  return pools.some(({ kind }) => kind.pool.backlog !== undefined);
}
