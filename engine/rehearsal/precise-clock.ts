import { realClock, type Clock } from '../runtime/clock.ts';

/** Milliseconds that a timer is set early: it goes off up to 1 before its time, and little after it. */
const coarse = 0.3;
/** Milliseconds below which a timer is of no use: it takes one at least. */
const least = 1 + coarse;

/**
 * The machine's clock, with actions that are never early, and late only while the thread is busy: between a timer and
 * the action's time the thread looks at the clock at every turn of its event loop, for half a millisecond or so.
 */
export const preciseClock: Clock = {
  now: realClock.now,
  at(time, action) {
    let immediate: NodeJS.Immediate | undefined;
    let cancel = () => {};
    const poll = () => {
      if (realClock.now() < time) immediate = setImmediate(poll);
      else action();
    };
    if (time - realClock.now() < least) immediate = setImmediate(poll);
    else cancel = realClock.at(time - coarse, poll);
    return () => {
      cancel();
      clearImmediate(immediate);
    };
  },
};
