import { describe, expect, it } from 'vitest';
import type { Replica, ReplicaFactory } from '../../engine/index.ts';
import type { ReplicaSpec } from '../../engine/runtime/message.ts';
import { ReplicaLost } from '../../engine/runtime/replica.ts';
import { limitStart } from '../../engine/runtime/start-limit.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const spec = { stages: [{ name: 'read' }], device: 'cpu', threads: 1 } as unknown as ReplicaSpec;

const idle = (retired: () => void): Replica => ({
  run: () => Promise.reject(new Error('not asked')),
  retire: async () => retired(),
  abandon: () => undefined,
});

describe('a worker that starts', () => {
  it('in time is had, and no timer is left', async () => {
    const clock = new VirtualClock();
    const replica = idle(() => undefined);
    const factory = limitStart({ start: async () => replica }, 1000, clock);
    expect(await factory.start(spec)).toBe(replica);
    expect(clock.pending).toBe(0);
  });

  it('too late is an error, is told so, and is ended when it comes', async () => {
    const clock = new VirtualClock();
    let retired = 0;
    let unwanted: AbortSignal | undefined;
    const slow: ReplicaFactory = {
      start: (_, signal) => {
        unwanted = signal;
        return new Promise(resolve => clock.at(5000, () => resolve(idle(() => retired++))));
      },
    };
    await expect(clock.until(limitStart(slow, 1000, clock).start(spec))).rejects.toMatchObject({
      code: 'unavailable',
      stage: 'read',
      message: 'stage "read": no worker was ready within 1 s',
    });
    expect(clock.now()).toBe(1000);
    expect(unwanted?.aborted).toBe(true);
    await clock.advanceTo(5000);
    expect(retired).toBe(1);
  });

  it('and ends says how', async () => {
    const dying: ReplicaFactory = { start: () => Promise.reject(new ReplicaLost('signal SIGSEGV')) };
    await expect(limitStart(dying, 1000, new VirtualClock()).start(spec)).rejects.toMatchObject({
      code: 'unavailable',
      message: 'stage "read": a worker ended before it was ready (signal SIGSEGV)',
    });
  });
});
