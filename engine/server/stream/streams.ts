/** All streams of a server. */
import { MillraceError } from '../../../operators/index.ts';
import type { Repository } from '../repository.ts';
import type { RequestHead, Upgrade } from '../transport.ts';
import { readHandshake, subprotocol, type Authorise } from './handshake.ts';
import { Hub, type StreamLimits } from './hub.ts';
import { Session } from './session.ts';

export interface StreamsOptions {
  repository: Repository;
  limits: StreamLimits;
  /** By default everyone may, and is known by the address. */
  authorise?: Authorise;
}

export class Streams {
  readonly #repository: Repository;
  readonly #authorise: Authorise;
  readonly #hub: Hub;
  readonly #sessions = new Set<Session>();
  #leaving = false;
  #whenEmpty: (() => void) | null = null;
  readonly #closed = (session: Session): void => {
    this.#sessions.delete(session);
    if (this.#sessions.size === 0) this.#whenEmpty?.();
  };

  constructor({ repository, limits, authorise = head => head.peer }: StreamsOptions) {
    this.#repository = repository;
    this.#authorise = authorise;
    this.#hub = new Hub(limits);
  }

  /** Open streams. */
  get size(): number {
    return this.#sessions.size;
  }

  /** Bytes that wait for clients to read. */
  get unread(): number {
    return this.#hub.unread;
  }

  /** Opens a stream. @throws MillraceError why the client may not */
  upgrade(head: RequestHead): Upgrade {
    if (this.#leaving) throw new MillraceError('unavailable', 'the server is shutting down');
    const handshake = readHandshake(head, this.#repository, this.#authorise);
    const open: Extract<Upgrade, { open: unknown }>['open'] = socket => {
      const session = new Session(this.#hub, socket, handshake, this.#closed);
      this.#sessions.add(session);
      if (this.#leaving) session.goAway(0);
      return session;
    };
    return handshake.named ? { open, protocol: subprotocol } : { open };
  }

  /**
   * Tells every client to go, and lets what is in flight be answered.
   * @param limit milliseconds after which the rest is answered `unavailable`, and the connections are closed
   */
  async goAway(limit: number): Promise<void> {
    this.#leaving = true;
    const sessions = [...this.#sessions];
    for (const session of sessions) session.goAway(limit);
    if (this.#sessions.size > 0 && limit > 0) await this.#emptyWithin(limit);
    for (const session of this.#sessions) session.cutOff();
  }

  #emptyWithin(limit: number): Promise<void> {
    return new Promise(resolve => {
      const timer = setTimeout(resolve, limit);
      this.#whenEmpty = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
