import type { Placed } from './bag.ts';
import type { Lender } from './held-memory.ts';
import type { Batch, BatchResult } from './message.ts';
import type { Replica } from './replica.ts';

/** `worn`: another is to take its place, and it works until then; `relieved`: it goes once its batch is over. */
export type SlotState = 'working' | 'worn' | 'relieved';

/** A replica's place in its pool. */
export class Slot implements Lender, Placed {
  place = -1;
  /** When it was ready for work, on the engine's clock. */
  readonly since: number;
  state: SlotState = 'working';
  /** Whether a batch of it has come back. */
  hasWorked = false;
  returns: SharedArrayBuffer[] | null = [];
  readonly #replica: Replica;

  constructor(replica: Replica, since: number) {
    this.#replica = replica;
    this.since = since;
  }

  /** Comes when the replica ended without having been asked to, if it can tell. */
  get gone(): Promise<unknown> | undefined {
    return this.#replica.gone;
  }

  /** Runs a batch, sending along the memory that came back since the last. */
  run({ programs, items }: Omit<Batch, 'recycled'>): Promise<BatchResult> {
    let recycled: SharedArrayBuffer[] = [];
    if (this.returns && this.returns.length > 0) {
      recycled = this.returns;
      this.returns = [];
    }
    return this.#replica.run({ programs, items, recycled });
  }

  async retire(): Promise<void> {
    this.returns = null;
    await this.#replica.retire();
  }

  abandon(): void {
    this.returns = null;
    this.#replica.abandon();
  }

  /** Ends what may be hanging, where that can be done. */
  kill(): void {
    this.returns = null;
    this.#replica.kill?.();
  }
}
