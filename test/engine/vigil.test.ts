import { describe, expect, it } from 'vitest';
import { Vigil } from '../../engine/runtime/vigil.ts';

const short = { milliseconds: 0 };
const long = { milliseconds: 5 };

/** Sends a batch that goes on until told; says whether the thread stays awake for it. */
function send(vigil: Vigil, pace: { milliseconds: number }): { awake: boolean; end: () => Promise<void> } {
  let answer = () => {};
  const over = vigil.over({ ...pace }, () => new Promise<void>(resolve => (answer = resolve)));
  const end = async () => {
    answer();
    await over;
    await asleep(vigil);
  };
  return { awake: vigil.awake, end };
}

/** Resolves once the thread may sleep. */
async function asleep(vigil: Vigil): Promise<void> {
  while (vigil.awake) await new Promise(resolve => setImmediate(resolve));
}

describe('waiting for a batch', () => {
  it('stays awake if the last one was short, and sleeps if not', async () => {
    const vigil = new Vigil(2);
    for (const [pace, awake] of [[short, true] as const, [long, false] as const]) {
      const batch = send(vigil, pace);
      expect(batch.awake).toBe(awake);
      await batch.end();
    }
  });

  it('sleeps on a single core', async () => {
    const batch = send(new Vigil(1), short);
    expect(batch.awake).toBe(false);
    await batch.end();
  });

  it('sleeps while another batch is under way', async () => {
    const vigil = new Vigil(2);
    const first = send(vigil, long);
    const second = send(vigil, short);
    expect(second.awake).toBe(false);
    await Promise.all([first.end(), second.end()]);
    const third = send(vigil, short);
    expect(third.awake).toBe(true);
    await third.end();
  });

  it('goes to sleep over one that takes longer than expected', async () => {
    const vigil = new Vigil(2);
    const batch = send(vigil, short);
    await asleep(vigil);
    await batch.end();
  });

  it('learns how long a batch took, also one that failed', async () => {
    const pace = { milliseconds: Infinity };
    await expect(new Vigil(2).over(pace, () => Promise.reject(new Error('lost')))).rejects.toThrow('lost');
    expect(pace.milliseconds).toBeLessThan(Infinity);
  });
});
