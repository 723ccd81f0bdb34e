/** What all that counts and tells looks at. */
import type { Transport } from '../transport.ts';
import type { Repository } from '../repository.ts';
import type { LoopDelayMonitor } from './loop-delay.ts';
import type { Refusals } from './refusals.ts';
import type { Recorders } from './recorders.ts';

/** What is asked of the web server. */
export type TransportFacts = Pick<Transport, 'implementation' | 'connections'>;

export interface Observed {
  repository: Repository;
  recorders: Recorders;
  refusals: Refusals;
  loopDelay: LoopDelayMonitor;
  /** Null until there is one. */
  transport(): TransportFacts | null;
  /** Millrace's own. */
  version: string;
}
