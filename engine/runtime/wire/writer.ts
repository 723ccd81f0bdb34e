import { isList, type Tensor, type Value } from '../../../operators/index.ts';
import { alignment, datatypeCodes, inSmall, listCode, type Wire } from './format.ts';

type View = Uint8Array | Exclude<Tensor, { datatype: 'BYTES' }>['data'];

const leastTransfer = 16 * 1024;

/** What stands between two values, where the second would not begin where it may. */
const gap = new Uint8Array(alignment);

/** Puts a message together. */
export class WireWriter {
  readonly layout: number[] = [];
  readonly #shares: boolean;
  readonly #shared: SharedArrayBuffer[] = [];
  readonly #small: View[] = [];
  #size = 0;
  /** The buffer of small values, if it was made for this message alone. */
  #packed: ArrayBuffer | null = null;

  /** @param shares whether the receiver can read shared memory; otherwise what lies in it goes with the small values */
  constructor(shares = true) {
    this.#shares = shares;
  }

  /** Place of a shared buffer in the message. */
  place(buffer: SharedArrayBuffer): number {
    // A message has few buffers: looking along them is faster than keeping a map.
    const known = this.#shared.indexOf(buffer);
    return known < 0 ? this.#shared.push(buffer) - 1 : known;
  }

  value(value: Value): void {
    if (!isList(value)) {
      this.#tensor(value);
      return;
    }
    this.layout.push(listCode, value.length);
    for (const item of value) this.#tensor(item);
  }

  /** @param extra what the layout can't say; 0: nothing */
  wire(extra: unknown): Wire {
    return [
      this.layout,
      this.#size > 0 ? this.#pack() : 0,
      this.#shared.length > 0 ? this.#shared : 0,
      extra,
    ];
  }

  /** The small values as they follow each other, for who sends them one by one. */
  get parts(): Uint8Array[] {
    if (this.#size <= leastTransfer) return this.#size > 0 ? [new Uint8Array(this.#pack())] : [];
    return this.#small.flatMap(({ buffer, byteOffset, byteLength }) => {
      const own = new Uint8Array(buffer, byteOffset, byteLength);
      const rest = byteLength % alignment;
      return rest === 0 ? [own] : [own, gap.subarray(rest)];
    });
  }

  /** What may be handed over with the message instead of copied: worth its cost for a large buffer only. */
  get transferable(): ArrayBuffer[] {
    return this.#packed && this.#packed.byteLength > leastTransfer ? [this.#packed] : [];
  }

  #tensor({ datatype, shape, data }: Tensor): void {
    this.layout.push(datatypeCodes.get(datatype)!, shape.length, ...shape);
    if (datatype === 'BYTES') for (const element of data as readonly Uint8Array[]) this.#view(element);
    else this.#view(data as View);
  }

  #view(view: View): void {
    if (this.#shares && view.buffer instanceof SharedArrayBuffer) {
      this.layout.push(this.place(view.buffer), view.byteOffset, view.byteLength);
      return;
    }
    this.layout.push(inSmall, this.#size, view.byteLength);
    this.#small.push(view);
    this.#size += Math.ceil(view.byteLength / alignment) * alignment;
  }

  #pack(): ArrayBuffer {
    const [first] = this.#small;
    if (this.#small.length === 1 && first!.byteLength === first!.buffer.byteLength) {
      return first!.buffer as ArrayBuffer;
    }
    const small = new ArrayBuffer(this.#size);
    const bytes = new Uint8Array(small);
    let at = 0;
    for (const { buffer, byteOffset, byteLength } of this.#small) {
      bytes.set(new Uint8Array(buffer, byteOffset, byteLength), at);
      at += Math.ceil(byteLength / alignment) * alignment;
    }
    this.#packed = small;
    return small;
  }
}
