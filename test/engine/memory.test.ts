import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exportValue } from '../../engine/runtime/export.ts';
import { Queue } from '../../engine/runtime/queue.ts';
import type { Query, WorkItem } from '../../engine/runtime/query.ts';
import { blockSize, SharedMemory } from '../../engine/runtime/shared-memory.ts';
import { priorities } from '../../planner/index.ts';
import { bytes, tensor, text, type BytesTensor, type NumericTensor } from '../../operators/index.ts';
import { localReplicas, type ReplicaFactory } from '../../engine/index.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { pipelineOf, startVirtual } from '../support/virtual-engine.ts';

describe('a replica’s shared memory', () => {
  it('lends blocks that hold what was asked, wasting at most a fifth of a large one', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 28 }), size => {
        expect(blockSize(size)).toBeGreaterThanOrEqual(size);
        if (size > 4096) expect(blockSize(size)).toBeLessThanOrEqual(size * 1.25);
        expect(blockSize(blockSize(size))).toBe(blockSize(size));
      }),
    );
  });

  it('uses a block again once it was given back, and not before', () => {
    const memory = new SharedMemory();
    const lent = memory.take(10_000);
    memory.settle([lent]);
    expect(memory.take(10_000)).not.toBe(lent);
    memory.recycle([lent]);
    expect(memory.take(10_000)).toBe(lent);
  });

  it('takes blocks back that left no trace in the results', () => {
    const memory = new SharedMemory();
    const unused = memory.take(10_000);
    memory.settle([]);
    expect(memory.take(10_000)).toBe(unused);
  });

  it('keeps no more free bytes than it may', () => {
    const memory = new SharedMemory(10_000);
    const blocks = [memory.take(8000), memory.take(8000)];
    memory.settle([]);
    const again = [memory.take(8000), memory.take(8000)];
    expect(again.filter(block => blocks.includes(block))).toHaveLength(1);
  });
});

describe('what leaves a replica', () => {
  it('is shared when it is large, and cut out of its batch when it is small', () => {
    const memory = new SharedMemory();
    const large = exportValue(
      tensor('FP32', [4000], new Float32Array(4000).fill(7)),
      memory,
    ) as NumericTensor;
    expect(large.data.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(large.data).toHaveLength(4000);
    expect(large.data.every(element => element === 7)).toBe(true);
    const batch = new Float32Array(1000);
    const small = exportValue(tensor('FP32', [10], batch.subarray(20, 30)), memory) as NumericTensor;
    expect(small.data.buffer.byteLength).toBe(40);
  });

  it('packs byte strings together', () => {
    const packed = exportValue(
      bytes([new Uint8Array(3000).fill(1), new Uint8Array(3000).fill(2)]),
      new SharedMemory(),
    );
    const { data } = packed as BytesTensor;
    expect(data[0]!.buffer).toBe(data[1]!.buffer);
    expect(data.map(([first]) => first)).toEqual([1, 2]);
    expect(exportValue(text('é'), new SharedMemory())).toEqual(text('é'));
  });
});

describe('the engine', () => {
  it('counts the bytes a query holds until it ends, and not its answer after that', async () => {
    const pipeline = await pipelineOf(
      `  a: { operator: emulate, inputs: { in: inputs.text }, params: { latency: { 1: 10 ms } } }
  b: { operator: emulate, inputs: { in: a.out }, params: { latency: { 1: 10 ms } } }`,
      '{ out: b.out }',
    );
    const { engine, clock } = await startVirtual(pipeline);
    const query = engine.infer({ text: 'x'.repeat(100_000) });
    await clock.advanceTo(15);
    expect(engine.status().bytes).toBe(100_000);
    const { outputs } = await clock.until(query);
    expect(engine.status().bytes).toBe(0);
    expect((outputs['out'] as BytesTensor).data[0]).toHaveLength(100_000);
  });

  it.each([['a,b'], ['a,poison,b']])('gives memory back to a replica once: %s', async items => {
    const pipeline = await pipelineOf(
      `  split: { operator: ./operators.mjs#split, inputs: { text: inputs.text } }
  repeat: { operator: ./operators.mjs#repeat, each: split.parts, inputs: { in: item } }`,
      '{ out: repeat.out }',
    );
    const clock = new VirtualClock();
    const given: SharedArrayBuffer[][] = [];
    const replicas: ReplicaFactory = {
      async start(spec) {
        const replica = await localReplicas(clock).start(spec);
        return {
          ...replica,
          run: batch => {
            given.push([...batch.recycled]);
            return replica.run(batch);
          },
        };
      },
    };
    const { engine } = await startVirtual(pipeline, { clock, replicas, batch: 4 });
    for (let query = 0; query < 3; query++) {
      await clock.until(engine.infer({ text: items }).catch(() => undefined));
      expect(engine.status().bytes).toBe(0);
    }
    for (const blocks of given) expect(new Set(blocks).size).toBe(blocks.length);
  });
});

describe('a group’s queue', () => {
  const query = { deadline: Infinity, priority: priorities.usual } as Query;
  const item = (): WorkItem => ({ query, queued: 0, dropped: false }) as WorkItem;

  it('is first come, first served', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constant('push'), fc.nat(5)), { maxLength: 300 }), steps => {
        const queue = new Queue();
        const expected: WorkItem[] = [];
        for (const step of steps) {
          if (step === 'push') {
            const pushed = item();
            queue.push(pushed);
            expected.push(pushed);
          } else if (step === 5 && expected.length > 0)
            queue.drop(expected.splice(expected.length >> 1, 1)[0]!);
          else expect(queue.take(Number(step), 0)).toEqual(expected.splice(0, Number(step)));
          expect(queue.length).toBe(expected.length);
          expect(queue.first(0)).toBe(expected[0]);
          expect(queue.all()).toEqual(expected);
        }
      }),
    );
  });

  it('gives an item that comes back no company', () => {
    const queue = new Queue();
    const items = [item(), item(), item(), item()];
    for (const each of items.slice(2)) queue.push(each);
    queue.putBack(items.slice(0, 2));
    expect([queue.take(4, 0), queue.take(4, 0), queue.take(4, 0)]).toEqual([
      [items[0]],
      [items[1]],
      items.slice(2),
    ]);
  });

  it('forgets what was dropped, however much that is', () => {
    const queue = new Queue();
    for (let round = 0; round < 1000; round++) {
      const dropped = item();
      queue.push(dropped);
      queue.drop(dropped);
    }
    expect(queue.length).toBe(0);
    expect(queue.first(0)).toBeUndefined();
  });
});
