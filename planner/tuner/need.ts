/**
 * How much a group must be able to do, by what has arrived: InferLine's k = ⌈r·s / (μ·ρ)⌉, with r the rate within a
 * window, s the group's items per query, μ what one replica does, and ρ how far replicas may be used.
 *
 * InferLine takes for ρ what the plan uses its replicas on average. Here ρ is worked out for the rate and the window, by
 * network calculus' bound of delay (Le Boudec and Thiran, 2001): the plan's own bursts wait for a group for up to its
 * `slack`, so any burst may. What does c queries per second lets n of them, come within w, wait for n / c - w. So a burst
 * that was seen takes n / (w + slack), with some more for a larger one to come, and a rate that stays takes the most
 * that any burst would which comes with it: the plan's envelope, its excess over the mean grown as that of a renewal
 * process grows, by the root of the rate. More replicas may be used further than few, and a short burst asks for little more
 * than it takes to be done in time.
 */
import type { ProvidedGroup, Provision } from './provision.ts';

/**
 * Milliseconds of the shortest window that tells a rate that may stay, and how many times as far above the planned mean
 * as any planned burst the queries within it must be: less may be chance.
 */
const telling = { window: 1000, excess: 3 };
/**
 * A burst that is larger than any planned tells that the next may be larger still: of what it has more than those, the
 * next is let have so much more again. It is measured, not derived: without it, bursts that come in ever larger steps
 * were each late (twice the misses for a fifth less cost); with twice as much, there was nothing left to save.
 */
const growing = 0.5;
/** Milliseconds of the shortest window that tells a rate where replicas are to be taken away: InferLine's. */
const resting = 5000;

/** What a group must be able to do, and which window says so. */
export interface Need {
  /** Queries per second. */
  capacity: number;
  /** Number of the window; -1: none asks for other than what is planned. */
  window: number;
  /** Queries per second within it. */
  rate: number;
}

/** Whether more queries came within some window than the plan is for. */
export function isBroken({ envelope }: Pick<Provision, 'envelope'>, counts: Float64Array): boolean {
  return counts.some((count, w) => count > envelope[w]!);
}

/** What a group needs where the envelope is broken: at least what is planned. */
export function needBroken(group: ProvidedGroup, provision: Provision, counts: Float64Array): Need {
  const { windows, envelope } = provision;
  const exceeds = (w: number) => counts[w]! > envelope[w]!;
  const tells = (w: number) => {
    const usual = (provision.rate * windows[w]!) / 1000;
    const isOther = counts[w]! - usual >= telling.excess * (envelope[w]! - usual);
    return exceeds(w) && windows[w]! >= telling.window && isOther;
  };
  const need = mostNeeded(provision, counts, exceeds, tells);
  return need.capacity > group.capacity ? need : planned(group);
}

/** What a group needs where it is not: at most what is planned. */
export function needAtRest(group: ProvidedGroup, provision: Provision, counts: Float64Array): Need {
  const tells = (w: number) => provision.windows[w]! >= resting;
  const need = mostNeeded(provision, counts, () => true, tells);
  return need.capacity < group.capacity ? need : planned(group);
}

function planned({ capacity }: ProvidedGroup): Need {
  return { capacity, window: -1, rate: 0 };
}

/** @param seen which windows count, as bursts; and `tells` which of these tell a rate */
function mostNeeded(
  provision: Provision,
  counts: Float64Array,
  seen: (w: number) => boolean,
  tells: (w: number) => boolean,
): Need {
  const { windows, slack, envelope } = provision;
  let most: Need = { capacity: 0, window: -1, rate: 0 };
  for (const [w, window] of windows.entries()) {
    if (!seen(w)) continue;
    const rate = (1000 * counts[w]!) / window;
    const more = growing * Math.max(0, counts[w]! - envelope[w]!);
    const burst = (1000 * (counts[w]! + more)) / (window + slack);
    const capacity = tells(w) ? Math.max(burst, capacityFor(rate, provision)) : burst;
    if (capacity > most.capacity) most = { capacity, window: w, rate };
  }
  return most;
}

/** Queries per second that a group must do for a rate that stays. */
function capacityFor(rate: number, provision: Provision): number {
  const { windows, envelope, slack, rate: planned } = provision;
  const growth = Math.sqrt(rate / planned);
  let most = 0;
  for (const [w, window] of windows.entries()) {
    const excess = Math.max(0, envelope[w]! - (planned * window) / 1000);
    const burst = (rate * window) / 1000 + growth * excess;
    most = Math.max(most, (1000 * burst) / (window + slack));
  }
  return most;
}
