import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WorkQueue } from '../../planner/index.ts';

const ageing = 100;

interface Item {
  name: number;
  gone: boolean;
}

interface Waiting {
  item: Item;
  level: number;
  deadline: number;
  /** When it came to its level. */
  since: number;
  queued: number;
  turn: number;
}

const order = (a: Waiting, b: Waiting) => a.level - b.level || a.deadline - b.deadline || a.turn - b.turn;

/** The rule, word by word: everything is looked at anew each time. */
class Model {
  #waiting: Waiting[] = [];
  #turn = 0;
  /** What has come so far, by priority and by whether it has a deadline. */
  readonly #priorities = new Set<number>();
  readonly #kinds = new Set<boolean>();

  push(item: Item, now: number, deadline: number, priority: number): void {
    this.#priorities.add(priority);
    this.#kinds.add(deadline < Infinity);
    this.#waiting.push({ item, level: priority, deadline, since: now, queued: now, turn: this.#turn++ });
  }

  inOrder(now: number): Item[] {
    if (this.#priorities.size > 1 || this.#kinds.size > 1) this.#age(now);
    return this.#waiting
      .toSorted(order)
      .map(({ item }) => item)
      .filter(({ gone }) => !gone);
  }

  #age(now: number): void {
    for (const each of this.#waiting.toSorted(order)) {
      const steps = Math.floor((now - each.since) / ageing);
      if (steps === 0) continue;
      each.level = Math.max(1, each.level - steps);
      each.since += steps * ageing;
      each.deadline = Math.min(each.deadline, each.since);
      each.turn = this.#turn++;
    }
  }

  take(item: Item): void {
    this.#waiting = this.#waiting.filter(other => other.item !== item);
  }

  get oldest(): number {
    return Math.min(...this.#waiting.filter(({ item }) => !item.gone).map(({ queued }) => queued));
  }
}

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('push' as const),
      priority: fc.constantFrom(1, 4, 5, 5, 5, 6, 9),
      left: fc.constantFrom(20, 50, 90, 300, Infinity),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('take' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('drop' as const), which: fc.nat(50) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('wait' as const), time: fc.integer({ min: 1, max: 70 }) }),
  },
);

const named = (names: readonly string[]) => {
  const queue = new WorkQueue<string>(() => false, ageing);
  const takeAll = (now: number) =>
    names.map(() => {
      queue.first(now);
      return queue.shift();
    });
  return { queue, takeAll };
};

describe('the order of waiting work', () => {
  it('is by priority, then by deadline, then as it came', () => {
    const { queue, takeAll } = named(['a', 'b', 'c', 'd', 'e']);
    queue.push('e', 0, 1, 9);
    queue.push('c', 0, 50);
    queue.push('d', 0, 50);
    queue.push('b', 0, 40);
    queue.push('a', 0, Infinity, 1);
    expect(takeAll(0)).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('lets what has waited rise by one priority, before what comes there later, and again', () => {
    const { queue } = named([]);
    queue.push('low', 0, Infinity, 7);
    const first = (now: number, priority: number) => {
      queue.push('new', now, now + 1, priority);
      const next = queue.first(now);
      if (next === 'new') queue.shift();
      return next;
    };
    expect([first(0, 6), first(99, 6), first(199, 5)]).toEqual(['new', 'new', 'new']);
    expect(first(199, 6)).toBe('low');
    expect(first(200, 5)).toBe('low');
  });

  it('counts the time that work has waited elsewhere', () => {
    const { queue } = named([]);
    queue.push('new', 350, 400, 5);
    queue.push('moved', 0, Infinity, 8);
    expect(queue.first(350)).toBe('moved');
  });

  it('does not let what has no deadline wait for ever behind what has one', () => {
    const { queue } = named([]);
    queue.push('patient', 0);
    queue.push('urgent', 0, 30);
    let now = 0;
    // Twice as much comes as can be served.
    for (; queue.first(now) !== 'patient' && now < 10 * ageing; now++) {
      queue.shift();
      for (const each of ['a', 'b']) queue.push(`${each}${now}`, now, now + 30);
    }
    expect(now).toBe(ageing);
  });

  it('is that of the rule, whatever comes, is served, and goes', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200, size: 'max' }), steps => {
        const queue = new WorkQueue<Item>(({ gone }) => gone, ageing);
        const model = new Model();
        let now = 0;
        let names = 0;
        for (const each of steps) {
          if (each.do === 'wait') now += each.time;
          if (each.do === 'push') {
            const item = { name: names++, gone: false };
            queue.push(item, now, now + each.left, each.priority);
            model.push(item, now, now + each.left, each.priority);
          }
          const expected = model.inOrder(now);
          expect(queue.first(now)).toBe(expected[0]);
          if (each.do === 'take' && expected.length > 0) {
            expect(queue.shift()).toBe(expected[0]);
            model.take(expected.shift()!);
          }
          if (each.do === 'drop' && expected.length > 0) {
            const [item] = expected.splice(each.which % expected.length, 1);
            item!.gone = true;
            queue.drop();
          }
          expect(queue.length).toBe(expected.length);
          expect(queue.all()).toEqual(expected);
          expect(queue.oldest()).toBe(model.oldest);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('has no next item where nothing waits', () => {
    const { queue } = named([]);
    expect(queue.first(0)).toBeUndefined();
    expect(queue.queuedOfFirst()).toBe(Infinity);
    expect(() => queue.shift()).toThrow(new RangeError('nothing waits'));
  });
});
