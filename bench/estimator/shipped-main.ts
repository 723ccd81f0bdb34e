/** The process that profiles a pipeline, or replays arrivals on it: it does what it is told, once. */
import { eventLoopFirst } from '../../engine/index.ts';
import type { Profile } from '../../planner/index.ts';
import { profileShipped, replayShipped } from './shipped-pipeline.ts';

/** Without a profile one is made, with one arrivals are replayed at its rates. */
export interface Order {
  pipeline: string;
  profile?: Profile;
}

eventLoopFirst();
process.once('message', ({ pipeline, profile }: Order) => {
  const work = profile ? replayShipped(pipeline, profile) : profileShipped(pipeline);
  // A promise that fails ends the process with its reason on standard error.
  void work.then(result => process.send!(result, () => process.disconnect()));
});
