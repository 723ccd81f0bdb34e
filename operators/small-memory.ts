/** Memory of small values that stay in this thread until they are sent. */

/** Buffers are of this size; a value that is still held keeps the others in its buffer. */
const bufferBytes = 32 * 1024;

/**
 * Hands out parts of buffers, as Node's own pool does: making a buffer for every small value, and collecting it, takes
 * longer than copying the value. Parts are never used again; a buffer goes when nothing looks at it any more.
 */
export class SmallMemory {
  #buffer = new ArrayBuffer(0);
  #used = 0;

  /** A part of `bytes`, where any typed array may begin. What is in it is zero. */
  take(bytes: number): { buffer: ArrayBuffer; offset: number } {
    // What would take much of a buffer gets its own: the others don't have to stay for it.
    if (bytes > bufferBytes / 4) return { buffer: new ArrayBuffer(bytes), offset: 0 };
    let offset = Math.ceil(this.#used / 8) * 8;
    if (offset + bytes > this.#buffer.byteLength) {
      this.#buffer = new ArrayBuffer(bufferBytes);
      offset = 0;
    }
    this.#used = offset + bytes;
    return { buffer: this.#buffer, offset };
  }
}
