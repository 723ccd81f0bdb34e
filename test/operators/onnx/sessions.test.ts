/** One session for each shape, where a device wants that. */
import { describe, expect, it } from 'vitest';
import type { Session } from '../../../operators/onnx/session.ts';
import { Sessions, sessionsFor } from '../../../operators/onnx/sessions.ts';

/** Sessions named by the order in which they were opened; opening one fails after `memory` of them. */
function sessions(most: number, memory = Infinity) {
  const released: string[] = [];
  let opened = 0;
  const next = () => {
    const name = `session ${++opened}`;
    return { name, release: async () => void released.push(name) } as unknown as Session & { name: string };
  };
  const open = async () => {
    if (opened === memory) throw new Error('out of memory');
    return next();
  };
  const all = new Sessions(next(), open, most);
  const of = async (shape: string) => ((await all.of(() => shape)) as Session & { name: string }).name;
  return { all, of, released };
}

describe('the sessions of a replica', () => {
  it('are one for each shape', async () => {
    const { of } = sessions(4);
    expect([await of('1,3'), await of('2,3'), await of('1,3'), await of('2,3')]).toEqual([
      'session 1',
      'session 2',
      'session 1',
      'session 2',
    ]);
  });

  it('are one for all shapes where that is enough', async () => {
    const { of } = sessions(1);
    expect([await of('1'), await of('2'), await of('1')]).toEqual(['session 1', 'session 1', 'session 1']);
  });

  it('pass to a new shape from the one used longest ago, once there are as many as may be', async () => {
    const { of } = sessions(2);
    for (const shape of ['a', 'b', 'a']) await of(shape);
    expect(await of('c')).toBe('session 2');
    expect(await of('a')).toBe('session 1');
    expect(await of('b')).toBe('session 2');
  });

  it('make do with those there are when no more can be opened', async () => {
    const { of } = sessions(8, 2);
    expect([await of('a'), await of('b'), await of('c'), await of('b')]).toEqual([
      'session 1',
      'session 2',
      'session 1',
      'session 2',
    ]);
  });

  it('are all released, those without a shape too', async () => {
    const unused = sessions(4);
    await unused.all.release();
    expect(unused.released).toEqual(['session 1']);
    const used = sessions(4);
    for (const shape of ['a', 'b', 'c']) await used.of(shape);
    await used.all.release();
    expect(used.released.toSorted()).toEqual(['session 1', 'session 2', 'session 3']);
  });

  it('are several on CUDA alone', () => {
    expect(sessionsFor('cuda')).toBeGreaterThan(1);
    expect(sessionsFor('cpu')).toBe(1);
    expect(sessionsFor('webgpu')).toBe(1);
  });
});
