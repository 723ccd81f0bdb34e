/** A client of one pipeline: queries go out within the window, and find a new connection when the old one is lost. */
import { MillraceError, type InferResponse, type Tensor } from '../../operators/browser.ts';
import { delayOf, type Backoff } from './backoff.ts';
import { Connection, type ConnectionListener } from './connection.ts';
import { byName, type Hello } from './messages.ts';
import { Query, type Answer, type InferOptions, type PipelineShape } from './query.ts';
import { streamAnswers, type StreamAnswer, type StreamOptions } from './stream.ts';

export interface Endpoint {
  url: string;
  protocols: string[];
  /** Milliseconds that opening a connection may take. */
  patience: number;
  backoff: Backoff;
  /** Whether queries that were lost with their connection are sent again; by default where there is no state. */
  retry: boolean | undefined;
  /** Queries that may wait for a place in the window. */
  queue: number;
}

function asError(thrown: unknown): MillraceError {
  if (thrown instanceof MillraceError) return thrown;
  return new MillraceError('invalid-input', `the inputs can't be sent: ${String(thrown)}`, { cause: thrown });
}

function asAnswer<Shape extends PipelineShape>(response: InferResponse): Answer<Shape> {
  const { model_name: pipeline, model_version: version, parameters = {} } = response;
  return { outputs: byName(response) as Record<string, Tensor>, pipeline, version, parameters };
}

const closed = 'the client was closed';

function stateLost(): MillraceError {
  const message =
    'the connection was lost, and the state of its sequence with it; the next query begins anew';
  return new MillraceError('unavailable', message);
}

export class PipelineClient<Shape extends PipelineShape = PipelineShape> {
  readonly #endpoint: Endpoint;
  #connection: Connection | null = null;
  /** Connections that have answers to give yet, the current one among them. */
  readonly #open = new Set<Connection>();
  /** Of the latest connection; there from the first on. */
  #hello!: Hello;
  #waiting: Query[] = [];
  #connecting = false;
  #stopWaiting: (() => void) | null = null;
  /** Whether the connection has a state that would be lost with it. */
  #hasState = false;
  /** Whether such a state was lost, and nobody was told yet. */
  #lostState = false;
  #closed = false;

  readonly #listener: ConnectionListener = {
    changed: () => this.#pump(),
    failed: (connection, query, error) => {
      // It came as the server was about to leave: it was not begun.
      if (error.code === 'unavailable' && !connection.isOpen && this.#mayRetry) this.#again([query]);
      else query.reject(error);
    },
    lost: (connection, queries) => this.#lose(connection, queries),
  };

  private constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint;
  }

  /** @throws MillraceError why there is no connection */
  static async open<Shape extends PipelineShape>(endpoint: Endpoint): Promise<PipelineClient<Shape>> {
    const client = new PipelineClient<Shape>(endpoint);
    const { url, protocols, patience } = endpoint;
    client.#use(await Connection.open(url, protocols, patience, client.#listener));
    return client;
  }

  get pipeline(): string {
    return this.#hello.pipeline;
  }

  get version(): string {
    return this.#hello.version;
  }

  /** Queries that may be in flight; more wait here. */
  get window(): number {
    return this.#hello.window;
  }

  /** Whether queries change what later ones find. */
  get hasState(): boolean {
    return this.#hello.state === true;
  }

  /**
   * Asks one query.
   * @throws MillraceError with a code that says why there is no answer
   */
  async infer(inputs: Shape['inputs'], options: InferOptions<Shape> = {}): Promise<Answer<Shape>> {
    const response = await new Promise<InferResponse>((resolve, reject) => {
      const abandoned = (query: Query) => this.#abandon(query);
      const query = new Query({ inputs, options: options as InferOptions, resolve, reject, abandoned });
      if (!query.settled) this.#enqueue(query);
    });
    return asAnswer(response);
  }

  /**
   * Asks one query after the other, as many at a time as the window holds; the source is asked for the next only when
   * there is room for it. Breaking off cancels what is in flight.
   */
  stream(
    source: AsyncIterable<Shape['inputs']> | Iterable<Shape['inputs']>,
    options: StreamOptions<Shape> = {},
  ): AsyncGenerator<StreamAnswer<Shape>, void, undefined> {
    return streamAnswers(this, source, options);
  }

  /**
   * A client of the same pipeline with a connection of its own, and so, where there is state, with a sequence of its own.
   * @throws MillraceError why there is no connection
   */
  sequence(): Promise<PipelineClient<Shape>> {
    return PipelineClient.open(this.#endpoint);
  }

  /** Ends all connections; what is not answered is rejected as `cancelled`. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#stopWaiting?.();
    this.#rejectWaiting(new MillraceError('cancelled', closed));
    for (const connection of this.#open) connection.close();
  }

  get #mayRetry(): boolean {
    return !this.#closed && (this.#endpoint.retry ?? !this.hasState);
  }

  #enqueue(query: Query): void {
    const { queue } = this.#endpoint;
    if (this.#closed) query.reject(new MillraceError('cancelled', closed));
    else if (this.#lostState && query.options.sequence === undefined && query.options.start !== true) {
      this.#lostState = false;
      query.reject(stateLost());
    } else if (this.#waiting.length >= queue) {
      query.reject(
        new MillraceError('overloaded', `${queue} queries wait for the server, which is the limit`),
      );
    } else {
      this.#waiting.push(query);
      this.#pump();
    }
  }

  /** Sends what there is room for. */
  #pump(): void {
    while (this.#waiting.length > 0 && this.#connection?.hasRoom) this.#send(this.#waiting.shift()!);
    if (this.#connection?.isOpen !== true && !this.#closed) void this.#reconnect();
  }

  #send(query: Query): void {
    try {
      this.#connection!.ask(query);
    } catch (error) {
      query.reject(asError(error));
      return;
    }
    const { sequence, end = false } = query.options;
    if (this.hasState && sequence === undefined) this.#hasState = !end;
  }

  #abandon(query: Query): void {
    this.#waiting = this.#waiting.filter(other => other !== query);
    for (const connection of this.#open) if (connection.cancel(query)) return;
  }

  /** Puts queries that were not answered before all others. */
  #again(queries: readonly Query[]): void {
    this.#waiting.unshift(...queries.filter(({ settled }) => !settled));
  }

  /**
   * Another connection is another sequence: queries that wait to go on with the one before can't. If there are none,
   * the next one is told; but `isTold` if someone waits for an answer that does not come.
   */
  #loseState(isTold: boolean): void {
    if (!this.#hasState) return;
    this.#hasState = false;
    const begins = this.#waiting.findIndex(({ options }) => options.start === true);
    const before = this.#waiting.slice(0, begins < 0 ? this.#waiting.length : begins);
    const stranded = before.filter(({ options }) => options.sequence === undefined);
    this.#waiting = this.#waiting.filter(query => !stranded.includes(query));
    for (const query of stranded) query.reject(stateLost());
    this.#lostState = !isTold && stranded.length === 0 && begins < 0;
  }

  #use(connection: Connection): void {
    this.#loseState(false);
    this.#open.add(connection);
    this.#connection = connection;
    this.#hello = connection.hello;
    this.#pump();
  }

  #lose(connection: Connection, queries: readonly Query[]): void {
    this.#open.delete(connection);
    if (this.#connection === connection) {
      this.#connection = null;
      this.#loseState(queries.some(({ settled }) => !settled));
    }
    if (this.#mayRetry) this.#again(queries);
    else {
      const [code, message] = this.#closed
        ? (['cancelled', closed] as const)
        : (['unavailable', 'the connection was lost before this query was answered'] as const);
      for (const query of queries) query.reject(new MillraceError(code, message));
    }
    this.#pump();
  }

  #rejectWaiting(error: MillraceError): void {
    for (const query of this.#waiting.splice(0)) query.reject(error);
  }

  async #reconnect(): Promise<void> {
    if (this.#connecting) return;
    this.#connecting = true;
    const { url, protocols, patience, backoff } = this.#endpoint;
    let failure: unknown;
    for (let attempt = 0; attempt < backoff.attempts && !this.#closed; attempt++) {
      await this.#pause(delayOf(backoff, attempt, Math.random()));
      if (this.#closed) break;
      try {
        const connection = await Connection.open(url, protocols, patience, this.#listener);
        this.#connecting = false;
        if (this.#closed) connection.close();
        else this.#use(connection);
        return;
      } catch (error) {
        failure = error;
      }
    }
    this.#connecting = false;
    const message = `the connection was lost, and ${backoff.attempts} attempts to get a new one failed`;
    this.#rejectWaiting(new MillraceError('unavailable', message, { cause: failure }));
  }

  #pause(delay: number): Promise<void> {
    return new Promise(resolve => {
      const timer = setTimeout(resolve, delay);
      this.#stopWaiting = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
