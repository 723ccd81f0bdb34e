/** What the profiler is asked for, and what it says. */
import type { HardwareType } from '../../pipelines/index.ts';
import type { Profile } from '../../planner/index.ts';
import type { Clock } from '../runtime/clock.ts';
import type { ReplicaFactory } from '../runtime/replica.ts';
import type { Measurements } from './measurements.ts';

/** What the profiler is doing. */
export interface ProfileProgress {
  /** `samples`, `start`, `engine`, `whole`, or the name of the stage that is measured. */
  doing:
    { step: 'samples' | 'start' | 'engine' | 'whole' } | { stage: string; batch: number; repetition: number };
  /** How far it is, 0 to 1: by steps and stages, whatever time each takes. */
  share: number;
  /** Milliseconds of the budget that are left. */
  left: number;
}

export interface ProfileOptions {
  hardware: { name: string } & HardwareType;
  /** Milliseconds to spend; a batch size that has begun is measured a few times even so. 60,000 unless given. */
  budget?: number;
  /** Largest batch size to measure; 32 unless given. */
  maxBatch?: number;
  /** Most repetitions of a batch size that count; unless given, as many as are useful. */
  repetitions?: number | undefined;
  /** What was measured before of the same pipeline and hardware, on the same machine with the same samples. */
  known?: Measurements;
  /** Ends it soon; what was measured till then is not lost. */
  signal?: AbortSignal;
  /** Awaited before every run, so that it can be held off while there is other work; that time is not spent. */
  turn?: () => Promise<void>;
  /** Called with all that is known whenever that is more. */
  keep?: (measurements: Measurements) => void | Promise<void>;
  progress?: (progress: ProfileProgress) => void;
  clock?: Clock;
  replicas?: ReplicaFactory;
}

export interface ProfileOutcome {
  /** Null if the signal came, or the budget was spent, before every stage was measured. */
  profile: Profile | null;
  /** All that is known now: `known` for the next time. */
  measurements: Measurements;
  /** What was left out and why, for people. */
  notes: readonly string[];
}
