/** One query of a client, until it is settled; and what a query may ask for. */
import { MillraceError, type InferResponse, type Parameters, type Tensor } from '../../operators/browser.ts';

/** What may be given for an input: a tensor; or for one BYTES element a text or its bytes. */
export type InputValue = Tensor | string | Uint8Array;

/** What a pipeline takes and gives, for whoever wants it typed. */
export interface PipelineShape {
  inputs: Readonly<Record<string, InputValue>>;
  outputs: Readonly<Record<string, Tensor>>;
}

export interface Answer<Shape extends PipelineShape = PipelineShape> {
  /** By name; one that the pipeline skipped is absent. Tensors may look at the bytes that came, and share them. */
  outputs: Shape['outputs'];
  pipeline: string;
  version: string;
  parameters: Parameters;
}

/** What a stage gave, ahead of the answer. */
export interface PartialResult {
  stage: string;
  /** Place within the fan-out; undefined for a stage that runs once per query. */
  index: number | undefined;
  outputs: Readonly<Record<string, Tensor>>;
}

export interface InferOptions<Shape extends PipelineShape = PipelineShape> {
  /** Cancels the query. */
  signal?: AbortSignal;
  /** Milliseconds, from now on, waiting for a place in the window included. */
  timeout?: number;
  /** Outputs that are wanted; all unless given. */
  outputs?: readonly (keyof Shape['outputs'] & string)[];
  /** Is given what each stage makes, as it is done. */
  partial?: (result: PartialResult) => void;
  /** 1 is the highest. */
  priority?: number;
  /** The sequence it belongs to, on a pipeline with state; the connection's own unless named. */
  sequence?: string;
  /** Begins its sequence anew. */
  start?: boolean;
  /** Ends its sequence. */
  end?: boolean;
}

export interface QueryOptions {
  inputs: Readonly<Record<string, InputValue>>;
  options: InferOptions;
  resolve: (answer: InferResponse) => void;
  reject: (error: MillraceError) => void;
  /** Is told once if it is given up before there was an answer. */
  abandoned: (query: Query) => void;
}

export class Query {
  readonly inputs: Readonly<Record<string, InputValue>>;
  readonly options: InferOptions;
  readonly #made: QueryOptions;
  readonly #deadline: number;
  readonly #timer: ReturnType<typeof setTimeout> | undefined;
  #settled = false;
  readonly #abort = (): void => {
    const cause: unknown = this.options.signal?.reason;
    this.#abandon(new MillraceError('cancelled', 'the query was cancelled', { cause }));
  };

  constructor(made: QueryOptions) {
    this.#made = made;
    this.inputs = made.inputs;
    this.options = made.options;
    const { signal, timeout = Infinity } = made.options;
    this.#deadline = performance.now() + timeout;
    if (timeout < Infinity) this.#timer = setTimeout(() => this.#expire(timeout), timeout);
    if (signal?.aborted) this.#abort();
    else signal?.addEventListener('abort', this.#abort, { once: true });
  }

  get settled(): boolean {
    return this.#settled;
  }

  /** Milliseconds left to it. */
  get left(): number {
    return this.#deadline - performance.now();
  }

  resolve(answer: InferResponse): void {
    if (this.#settle()) this.#made.resolve(answer);
  }

  reject(error: MillraceError): void {
    if (this.#settle()) this.#made.reject(error);
  }

  #expire(timeout: number): void {
    this.#abandon(new MillraceError('deadline-exceeded', `no answer within ${timeout} ms`));
  }

  #abandon(error: MillraceError): void {
    if (!this.#settle()) return;
    this.#made.reject(error);
    this.#made.abandoned(this);
  }

  #settle(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    clearTimeout(this.#timer);
    this.options.signal?.removeEventListener('abort', this.#abort);
    return true;
  }
}
