import * as fc from 'fast-check';
import { Piscina } from 'piscina';
import { describe, expect, it } from 'vitest';
import { FewEntries, spareGarbage } from '../../engine/runtime/piscina-worker.ts';

const filename = new URL('../support/piscina-task.mjs', import.meta.url).href;

/** What piscina keeps of a worker, as far as is looked at here. */
interface Inner {
  interface: object;
  taskInfos: object;
}

describe('a piscina worker', () => {
  it('that is spared garbage makes nothing anew that tells of it, and works as before', async () => {
    const pool = new Piscina({ filename, minThreads: 1, maxThreads: 1 });
    const created = new Promise<object>(resolve => void pool.once('workerCreate', resolve));
    const first = pool.run('first');
    const worker = await created;
    const [symbol] = Object.getOwnPropertySymbols(worker);
    const inner = (worker as Record<symbol, Inner>)[symbol!]!;
    // Where these fail piscina has changed, and whether it still leaves garbage has to be seen anew.
    expect(inner.interface).not.toBe(inner.interface);
    expect(inner.taskInfos).toBeInstanceOf(Map);

    spareGarbage(worker);
    expect(inner.interface).toBe(inner.interface);
    expect(inner.taskInfos).toBeInstanceOf(FewEntries);
    expect(await first).toBe('first');
    await expect(pool.run('bad')).rejects.toThrow('no');
    expect(await Promise.all(['a', 'b', 'c'].map(text => pool.run(text)))).toEqual(['a', 'b', 'c']);

    const underWay = pool.run('hang');
    await Promise.all([expect(underWay).rejects.toThrow('Terminating worker thread'), pool.destroy()]);
  });

  it('of another make is left as it is', () => {
    const inner = { tasks: new Map() };
    spareGarbage({ [Symbol('data')]: inner, [Symbol('none')]: null });
    expect(inner).toEqual({ tasks: new Map() });
  });
});

describe('few entries', () => {
  const change = fc.tuple(fc.constantFrom('set', 'delete', 'get', 'clear'), fc.nat(4), fc.nat());

  it('are a Map', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(4), fc.nat())), fc.array(change), (entries, changes) => {
        const map = new Map(entries);
        const few = new FewEntries(map);
        for (const [kind, key, value] of changes) {
          if (kind === 'set') expect(few.set(key, value)).toBe(few);
          else if (kind === 'get') expect(few.get(key)).toBe(map.get(key));
          else if (kind === 'clear') few.clear();
          else expect(few.delete(key)).toBe(map.has(key));
          if (kind === 'set') map.set(key, value);
          else if (kind === 'delete') map.delete(key);
          else if (kind === 'clear') map.clear();
          expect([...few]).toEqual([...map]);
          expect([...few.values()]).toEqual([...map.values()]);
          expect([few.size, few.has(key)]).toEqual([map.size, map.has(key)]);
        }
      }),
    );
  });
});
