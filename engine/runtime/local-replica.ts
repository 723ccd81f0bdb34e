/** Replicas that run in the calling thread, on the runtime's own clock: for tests in virtual time and for trying. */
import type { Clock } from './clock.ts';
import { GroupRunner } from './group-runner.ts';
import type { ReplicaFactory } from './replica.ts';

/** A factory of replicas in this thread. A stage that computes blocks its caller meanwhile. */
export function localReplicas(clock: Clock): ReplicaFactory {
  const site = {
    now: () => clock.now(),
    until: (time: number) => new Promise<void>(resolve => clock.at(time, resolve)),
  };
  return {
    async start(spec) {
      const group = await GroupRunner.start(spec, site);
      return { run: batch => group.run(batch), retire: () => group.close(), abandon: () => undefined };
    },
  };
}
