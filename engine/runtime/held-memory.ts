/** The runtime's side of shared memory: who still reads which block, and giving it back to the replica it came from. */
import { eachSharedBuffer } from './export.ts';
import type { Value } from '../../operators/index.ts';

/** Whoever lent a block and takes it back. */
export interface Lender {
  /** Blocks to send back with the next batch; null once the lender is gone. */
  returns: SharedArrayBuffer[] | null;
}

/** A block that a replica lent out with a result. */
export interface Block {
  buffer: SharedArrayBuffer;
  lender: Lender;
  /** How many hold values that lie in it, or have yet to look at them. */
  readers: number;
  /** An answer handed out lies in it: whoever has the answer keeps it, and it is never used again. */
  kept: boolean;
}

/** Whoever holds values in shared memory: a holder. */
export interface Holder {
  /** What its values lie in; null: nothing. */
  blocks: Set<Block> | null;
  /** Bytes of its own inputs. */
  inputBytes: number;
}

export class HeldMemory {
  #bytes = 0;

  /** Bytes of shared memory that unfinished queries hold. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Takes note of a block that came with a result, which counts as a reader until it is `read`. */
  lent(buffer: SharedArrayBuffer, lender: Lender): Block {
    this.#bytes += buffer.byteLength;
    return { buffer, lender, readers: 1, kept: false };
  }

  hold(holder: Holder, block: Block): void {
    if (holder.blocks?.has(block)) return;
    holder.blocks = (holder.blocks ?? new Set()).add(block);
    block.readers++;
  }

  holdInput(holder: Holder, bytes: number): void {
    holder.inputBytes += bytes;
    this.#bytes += bytes;
  }

  /** Marks the blocks of `holder` that `value` lies in as handed out. */
  keep(holder: Holder, value: Value): void {
    const { blocks } = holder;
    if (!blocks) return;
    eachSharedBuffer(value, buffer => {
      for (const block of blocks) if (block.buffer === buffer) block.kept = true;
    });
  }

  /** Gives back all that an ended query held. */
  release(holder: Holder): void {
    if (holder.blocks) {
      for (const block of holder.blocks) this.read(block);
      holder.blocks = null;
    }
    this.#bytes -= holder.inputBytes;
    holder.inputBytes = 0;
  }

  /** One of a block's readers is done with it. The last one's leaving gives it back. */
  read(block: Block): void {
    block.readers--;
    if (block.readers > 0) return;
    this.#bytes -= block.buffer.byteLength;
    if (!block.kept) block.lender.returns?.push(block.buffer);
  }
}
