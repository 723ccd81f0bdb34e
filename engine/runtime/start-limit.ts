/** A time limit for starting replicas: one that never comes up is an error, not a wait without end. */
import { formatDuration, MillraceError } from '../../operators/index.ts';
import type { Clock } from './clock.ts';
import { howLost, type Replica, type ReplicaFactory } from './replica.ts';
import { stagesError } from './stages-error.ts';

/** @param limit milliseconds */
export function limitStart(factory: ReplicaFactory, limit: number, clock: Clock): ReplicaFactory {
  return {
    async start(spec, signal): Promise<Replica> {
      const names = spec.stages.map(({ name }) => name);
      const late = new AbortController();
      const unwanted = signal ? AbortSignal.any([signal, late.signal]) : late.signal;
      const starting = factory.start(spec, unwanted);
      let stop = () => {};
      const limited = new Promise<never>((_, reject) => {
        stop = clock.at(clock.now() + limit, () => {
          late.abort();
          reject(stagesError('unavailable', names, `: no worker was ready within ${formatDuration(limit)}`));
        });
      });
      // One that comes up after all is not wanted any more.
      starting.then(
        replica => void (late.signal.aborted && replica.retire()),
        () => undefined,
      );
      try {
        return await Promise.race([starting, limited]);
      } catch (error) {
        if (error instanceof MillraceError) throw error;
        throw stagesError(
          'unavailable',
          names,
          `: a worker ended before it was ready (${howLost(error)})`,
          error,
        );
      } finally {
        stop();
      }
    },
  };
}
