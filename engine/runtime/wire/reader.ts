import { arrayType, datatypes, sizeOf, type Tensor, type Value } from '../../../operators/index.ts';
import { inSmall, listCode, type Wire } from './format.ts';

/** Takes a message apart, in the order it was put together. Values are views of the message's buffers. */
export class WireReader {
  readonly #layout: readonly number[];
  readonly #small: ArrayBufferLike | 0;
  readonly #shared: readonly SharedArrayBuffer[];
  #at = 0;

  constructor([layout, small, shared]: Wire) {
    this.#layout = layout;
    this.#small = small;
    this.#shared = shared === 0 ? [] : shared;
  }

  next(): number {
    return this.#layout[this.#at++]!;
  }

  /** As many numbers as the next one says. */
  numbers(): number[] {
    const count = this.next();
    const numbers = this.#layout.slice(this.#at, this.#at + count);
    this.#at += count;
    return numbers;
  }

  /** The first `count` shared buffers. */
  shared(count: number): SharedArrayBuffer[] {
    return this.#shared.slice(0, count);
  }

  value(): Value {
    const code = this.next();
    if (code !== listCode) return this.#tensor(code);
    return Array.from({ length: this.next() }, () => this.#tensor(this.next()));
  }

  #tensor(code: number): Tensor {
    const datatype = datatypes[code]!;
    const shape = this.numbers();
    if (datatype !== 'BYTES') {
      const Elements = arrayType(datatype);
      const buffer = this.#buffer(this.next());
      const offset = this.next();
      return {
        datatype,
        shape,
        data: new Elements(buffer, offset, this.next() / Elements.BYTES_PER_ELEMENT),
      };
    }
    const data = Array.from({ length: sizeOf(shape) }, () => {
      const buffer = this.#buffer(this.next());
      const offset = this.next();
      return new Uint8Array(buffer, offset, this.next());
    });
    return { datatype, shape, data };
  }

  #buffer(place: number): ArrayBufferLike {
    return place === inSmall ? (this.#small as ArrayBufferLike) : this.#shared[place]!;
  }
}
