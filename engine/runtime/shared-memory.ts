/**
 * Shared memory of one replica. V8 does not count a SharedArrayBuffer's bytes towards its garbage collections, so
 * blocks left to the collector pile up: they are kept in hand instead, lent out with results and used again once the
 * runtime gives them back.
 */

/** Blocks are of these sizes: four to each doubling, so at most a fifth of a block is unused. */
export function blockSize(bytes: number): number {
  if (bytes <= 4096) return 4096;
  const step = 2 ** (Math.floor(Math.log2(bytes - 1)) - 2);
  return Math.ceil(bytes / step) * step;
}

export class SharedMemory {
  readonly #free = new Map<number, SharedArrayBuffer[]>();
  #freeBytes = 0;
  /** Blocks taken since the batch began. */
  readonly #taken = new Set<SharedArrayBuffer>();
  readonly #keep: number;

  /** @param keep bytes of free blocks to keep at most; what is over is left to the collector */
  constructor(keep = 64 * 1024 ** 2) {
    this.#keep = keep;
  }

  /** A block of at least `bytes`; what is in it is undefined. */
  take(bytes: number): SharedArrayBuffer {
    const size = blockSize(bytes);
    const kept = this.#free.get(size)?.pop();
    if (kept) this.#freeBytes -= size;
    const block = kept ?? new SharedArrayBuffer(size);
    this.#taken.add(block);
    return block;
  }

  /** Takes blocks back. */
  recycle(blocks: Iterable<SharedArrayBuffer>): void {
    for (const block of blocks) {
      if (this.#freeBytes + block.byteLength > this.#keep) continue;
      const list = this.#free.get(block.byteLength);
      if (list) list.push(block);
      else this.#free.set(block.byteLength, [block]);
      this.#freeBytes += block.byteLength;
    }
  }

  /** Ends a batch: of the blocks taken, `lent` are on loan and the others free again. */
  settle(lent: readonly SharedArrayBuffer[]): void {
    if (this.#taken.size === 0) return;
    for (const block of lent) this.#taken.delete(block);
    this.recycle(this.#taken);
    this.#taken.clear();
  }

  /** Whether `buffer` was taken since the batch began. */
  owns(buffer: ArrayBufferLike): buffer is SharedArrayBuffer {
    return buffer instanceof SharedArrayBuffer && this.#taken.has(buffer);
  }
}
