/**
 * The sessions that a replica runs its model with: one, or one for each shape. ONNX Runtime plans a model's convolutions
 * for a shape and, on CUDA, keeps the plans of the last shape alone: with the OCR models on an H200 every change of shape
 * takes 0.3 to 0.9 s, and then a batch 3 to 5 ms. Between two sessions of one shape each, changing takes nothing.
 */
import type { Device } from '../contract.ts';
import type { Session } from './session.ts';

/** Sessions of a replica at most, where a device wants one for each shape. */
const mostSessions = 16;

/** How many shapes a replica on a device has sessions for; others share one. */
export function sessionsFor(device: Device): number {
  return device === 'cuda' ? mostSessions : 1;
}

export class Sessions {
  readonly #open: () => Promise<Session>;
  /** The one for all shapes, or for the first that comes. */
  readonly #first: Session;
  /** By shape, the one used last at the end. */
  readonly #sessions = new Map<string, Session>();
  #most: number;

  /**
   * @param first a session, open
   * @param open opens another
   * @param most sessions that are kept open, at least one
   */
  constructor(first: Session, open: () => Promise<Session>, most: number) {
    this.#first = first;
    this.#open = open;
    this.#most = most;
  }

  /**
   * The session for a shape: its own, else a new one, which may cost the one used longest ago.
   * @param shapeOf is asked only where it matters
   */
  of(shapeOf: () => string): Session | Promise<Session> {
    return this.#most === 1 ? this.#first : this.#ofShape(shapeOf());
  }

  async release(): Promise<void> {
    for (const session of new Set([this.#first, ...this.#sessions.values()])) await session.release();
  }

  async #ofShape(shape: string): Promise<Session> {
    const session = this.#sessions.get(shape) ?? (await this.#another());
    this.#sessions.delete(shape);
    this.#sessions.set(shape, session);
    return session;
  }

  async #another(): Promise<Session> {
    if (this.#sessions.size === 0) return this.#first;
    if (this.#most > this.#sessions.size) {
      try {
        return await this.#open();
      } catch {
        // There may be no memory for more: those that are there do, if slowly.
        this.#most = this.#sessions.size;
      }
    }
    const [shape, session] = this.#sessions.entries().next().value!;
    this.#sessions.delete(shape);
    return session;
  }
}
