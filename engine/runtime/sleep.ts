/**
 * Waiting to a fraction of a millisecond, which timers alone can't: theirs are whole ones with the rest cut off, so
 * they go off early as well as late.
 */

/** Milliseconds before the end from which on a timer is too coarse: it goes off up to 1 late. */
const coarse = 2;
/** Milliseconds that `Atomics.wait` may take longer than asked; what is left of them passes looking at the clock. */
const spin = 0.2;

const never = new Int32Array(new SharedArrayBuffer(4));

/** Resolves at `time` on `performance.now()`, not before. For the last millisecond or two the thread itself sleeps. */
export async function sleepUntil(time: number): Promise<void> {
  for (let left = time - performance.now(); left > coarse; left = time - performance.now()) {
    await new Promise(resolve => setTimeout(resolve, left - coarse / 2));
  }
  const left = time - performance.now() - spin;
  if (left > 0) Atomics.wait(never, 0, 0, left);
  while (performance.now() < time);
}
