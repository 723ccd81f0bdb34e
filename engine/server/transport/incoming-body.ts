/** The body of a request as it comes in, within limits. Both web servers feed it. */
import { MillraceError } from '../../../operators/index.ts';
import type { TransportLimits } from '../transport.ts';
import type { ByteBudget } from './byte-budget.ts';
import { decompress, encodingOf } from './content-encoding.ts';
import { GrowingBytes } from './growing-bytes.ts';

export interface BodyOptions {
  limits: Pick<TransportLimits, 'message' | 'decompressed'>;
  budget: ByteBudget;
  /** Values of the headers `content-length` and `content-encoding`. */
  length: string;
  encoding: string;
}

export class IncomingBody {
  readonly #options: BodyOptions;
  readonly #bytes: GrowingBytes;
  /** Bytes that came, kept or not. */
  #received = 0;
  /** How it ended; undefined while it comes. */
  #outcome: 'whole' | 'released' | MillraceError | undefined;
  #settled = false;
  #isWhole = false;
  readonly #waiting: (() => void)[] = [];

  constructor(options: BodyOptions) {
    const { limits, budget, length } = options;
    const expected = /^\d+$/.test(length) ? Number(length) : undefined;
    this.#options = options;
    this.#bytes = new GrowingBytes({ limit: limits.message, budget, expected, name: 'the body' });
    if (expected !== undefined && expected > limits.message) this.#refuse(this.#tooLarge(expected));
  }

  /** @param chunk valid during the call only */
  receive(chunk: Uint8Array, isLast: boolean): void {
    if (this.#settled) return;
    this.#received += chunk.byteLength;
    if (this.#outcome === undefined) {
      try {
        this.#bytes.add(chunk);
        if (isLast) this.#outcome = 'whole';
      } catch (error) {
        this.#refuse(error as MillraceError);
      }
    }
    if (isLast) this.#isWhole = true;
    if (isLast || this.#received > 2 * this.#options.limits.message) this.#settled = true;
    this.#tell();
  }

  /** The client has gone, or has its answer: nothing more is kept. */
  release(): void {
    this.#settled = true;
    // An error for each would cost every request a stack.
    if (!this.#isRefused) this.#outcome = 'released';
    this.#bytes.release();
    this.#tell();
  }

  /** @throws MillraceError as of `HttpRequest.body` */
  async read(): Promise<Uint8Array> {
    while (this.#outcome === undefined) await this.#change();
    if (this.#outcome === 'released') throw new MillraceError('cancelled', 'the client went away');
    if (this.#outcome !== 'whole') throw this.#outcome;
    const { encoding, limits, budget } = this.#options;
    const decoder = encodingOf(encoding);
    if (!decoder) return this.#bytes.take();
    const limit = limits.decompressed;
    const plain = new GrowingBytes({ limit, budget, name: 'the decompressed body' });
    try {
      await decompress(this.#bytes.take(), decoder, plain);
      return plain.take();
    } finally {
      plain.release();
    }
  }

  /**
   * Whether a reply may be sent, or first the rest of a body that was refused has to be awaited: many clients read no
   * reply before they have sent all.
   */
  get isSettled(): boolean {
    return !this.#isRefused || this.#settled;
  }

  /** Whether another request may follow on this connection: not where the rest of a refused body is to come. */
  get mayFollow(): boolean {
    return !this.#isRefused || this.#isWhole;
  }

  /** Resolves once a reply may be sent. */
  async rest(): Promise<void> {
    while (!this.isSettled) await this.#change();
  }

  get #isRefused(): boolean {
    return this.#outcome instanceof MillraceError;
  }

  #tooLarge(bytes: number): MillraceError {
    const { message } = this.#options.limits;
    // What would be dropped is as much again at most; beyond that the client has to find out by itself.
    if (bytes > 2 * message) this.#settled = true;
    return new MillraceError('too-large', `the body has ${bytes} bytes; the limit is ${message}`);
  }

  #refuse(error: MillraceError): void {
    this.#outcome ??= error;
    this.#bytes.release();
  }

  #change(): Promise<void> {
    return new Promise(resolve => this.#waiting.push(resolve));
  }

  #tell(): void {
    for (const resume of this.#waiting.splice(0)) resume();
  }
}
