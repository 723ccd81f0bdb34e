/** One query of a stream, from the frame that asked to the frame that answers. */
import type { CancelSignal } from '../../runtime/cancel-signal.ts';
import type { Frame } from './replies.ts';

export class Asked implements CancelSignal {
  readonly id: string | undefined;
  /** Whether it came as a binary frame, and is answered so. */
  readonly binary: boolean;
  /** What it is found by. */
  key: string | Asked;
  aborted = false;
  /** Whether its answer is known. */
  settled = false;
  /** Its answer, while that waits for its turn. */
  answer: Frame | null = null;
  /** Partial results that were left out because the client did not read. */
  skipped = 0;
  #listener: (() => void) | null = null;

  constructor(id: string | undefined, binary: boolean) {
    this.id = id;
    this.binary = binary;
    this.key = id ?? this;
  }

  /** Cancels it. */
  abort(): void {
    if (this.aborted) return;
    this.aborted = true;
    this.#listener?.();
  }

  addEventListener(_type: 'abort', listener: () => void): void {
    this.#listener = listener;
  }

  removeEventListener(): void {
    this.#listener = null;
  }
}
