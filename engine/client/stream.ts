/** Many queries, one after the other, as an async iterable of their answers. */
import { MillraceError } from '../../operators/browser.ts';
import type { Answer, InferOptions, PipelineShape } from './query.ts';

export interface StreamOptions<Shape extends PipelineShape = PipelineShape> extends Omit<
  InferOptions<Shape>,
  'start' | 'end' | 'partial'
> {
  /** Whether answers come in the order of their inputs; as they finish otherwise. True unless given. */
  ordered?: boolean;
  /** Is told of a query that failed, and the stream goes on without it; by default the first failure ends the stream. */
  onError?: (error: MillraceError, index: number) => void;
  /** Inputs to send when the source is over, as the end of the sequence. */
  last?: Shape['inputs'];
}

export interface StreamAnswer<Shape extends PipelineShape = PipelineShape> extends Answer<Shape> {
  /** Place of its inputs in the source, from 0. */
  index: number;
}

/** What a stream needs of a client. */
export interface Inferrer<Shape extends PipelineShape> {
  readonly window: number;
  readonly hasState: boolean;
  infer(inputs: Shape['inputs'], options: InferOptions<Shape>): Promise<Answer<Shape>>;
}

/** A query's outcome, once it has one. */
interface Place<Shape extends PipelineShape> {
  index: number;
  answer?: Answer<Shape>;
  error?: MillraceError;
}

/** Lets those who wait look again. */
class Signal {
  #waiting: (() => void)[] = [];

  wait(): Promise<void> {
    return new Promise(resolve => this.#waiting.push(resolve));
  }

  tell(): void {
    for (const resume of this.#waiting.splice(0)) resume();
  }
}

class AnswerStream<Shape extends PipelineShape> {
  readonly #client: Inferrer<Shape>;
  readonly #options: StreamOptions<Shape>;
  readonly #changed = new Signal();
  readonly #stop = new AbortController();
  /** In the order in which they are given out; in order of the source, those without an outcome too. */
  readonly #line: Place<Shape>[] = [];
  /** Asked, and not given out yet. */
  #outstanding = 0;
  #asked = 0;
  #isOver = false;
  #failure: { error: unknown } | null = null;

  constructor(client: Inferrer<Shape>, options: StreamOptions<Shape>) {
    this.#client = client;
    this.#options = options;
    const { signal } = options;
    if (signal?.aborted) this.#stop.abort(signal.reason);
    else {
      const abort = () => this.#stop.abort(signal!.reason);
      signal?.addEventListener('abort', abort, { once: true, signal: this.#stop.signal });
    }
  }

  /** Asks for all that the source has, as there is room. */
  async feed(source: AsyncIterable<Shape['inputs']> | Iterable<Shape['inputs']>): Promise<void> {
    const { last } = this.#options;
    try {
      for await (const inputs of source) {
        if (this.#stop.signal.aborted) break;
        this.#ask(inputs, false);
        while (this.#outstanding >= this.#client.window && !this.#stop.signal.aborted) {
          await this.#changed.wait();
        }
      }
      if (last !== undefined && !this.#stop.signal.aborted) this.#ask(last, true);
    } catch (error) {
      this.#failure = { error };
    }
    this.#isOver = true;
    this.#changed.tell();
  }

  async *answers(): AsyncGenerator<StreamAnswer<Shape>, void, undefined> {
    for (;;) {
      const [first] = this.#line;
      if (this.#stop.signal.aborted)
        throw new MillraceError('cancelled', 'the stream was cancelled', { cause: this.#stop.signal.reason });
      if (first && (first.answer || first.error)) {
        this.#line.shift();
        this.#outstanding--;
        this.#changed.tell();
        if (first.answer) yield { ...first.answer, index: first.index };
        else this.#pass(first.error!, first.index);
      } else if (this.#isOver && this.#outstanding === 0) {
        if (this.#failure) throw this.#failure.error;
        return;
      } else await this.#changed.wait();
    }
  }

  /** Cancels what is in flight, and asks for no more. */
  end(): void {
    this.#stop.abort();
    this.#changed.tell();
  }

  #pass(error: MillraceError, index: number): void {
    const { onError } = this.#options;
    if (!onError) throw error;
    onError(error, index);
  }

  #ask(inputs: Shape['inputs'], isLast: boolean): void {
    const { ordered = true, onError: _onError, last: _last, ...options } = this.#options;
    const place: Place<Shape> = { index: this.#asked };
    const done = () => {
      if (!ordered) this.#line.push(place);
      this.#changed.tell();
    };
    if (ordered) this.#line.push(place);
    const start = this.#client.hasState && this.#asked === 0;
    this.#asked++;
    this.#outstanding++;
    const signal = this.#stop.signal;
    this.#client
      .infer(inputs, { ...options, signal, ...(start && { start }), ...(isLast && { end: true }) })
      .then(
        answer => {
          place.answer = answer;
          done();
        },
        (error: MillraceError) => {
          place.error = error;
          done();
        },
      );
  }
}

/** @throws MillraceError of the first query that fails, unless `onError` is given; and what the source throws */
export async function* streamAnswers<Shape extends PipelineShape>(
  client: Inferrer<Shape>,
  source: AsyncIterable<Shape['inputs']> | Iterable<Shape['inputs']>,
  options: StreamOptions<Shape>,
): AsyncGenerator<StreamAnswer<Shape>, void, undefined> {
  const stream = new AnswerStream(client, options);
  void stream.feed(source);
  try {
    yield* stream.answers();
  } finally {
    stream.end();
  }
}
