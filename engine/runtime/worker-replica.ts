/** Replicas as a stage asks for them: threads of this process, or processes of their own. */
import { realClock } from './clock.ts';
import { processReplicas } from './process-replica.ts';
import type { ReplicaFactory } from './replica.ts';
import { limitStart } from './start-limit.ts';
import { threadReplicas } from './thread-replica.ts';

/**
 * @param startLimit milliseconds in which a replica must be ready
 * @param threads those that are threads
 */
export function workerReplicas(startLimit: number, threads = threadReplicas): ReplicaFactory {
  const workers: ReplicaFactory = {
    start(spec, signal) {
      const factory = spec.isolation === 'process' ? processReplicas : threads;
      return factory.start(spec, signal);
    },
  };
  return limitStart(workers, startLimit, realClock);
}
