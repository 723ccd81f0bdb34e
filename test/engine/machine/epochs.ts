/** Which queries carry state on to which: a model of named sequences. */
export interface Epoch {
  /** Unlike any other's. */
  id: string;
  /** Queries in flight. */
  open: number;
  /** Queries that joined it. */
  joined: number;
  /** Place of the first query that failed; Infinity: none did. */
  failedAt: number;
  /** Whether a query of it is bound to fail. */
  breaks: boolean;
  /** Since when it has had no query. */
  idleSince: number;
}

/** A query's place in its sequence. */
export interface Place {
  epoch: Epoch;
  place: number;
}

export class Epochs {
  readonly #current = new Map<string, Epoch>();
  readonly #idle: number;
  #made = 0;

  /** @param idle milliseconds after which one without queries is forgotten */
  constructor(idle: number) {
    this.#idle = idle;
  }

  /** What goes on under a name, if anything does. */
  known(name: string, now: number): Epoch | undefined {
    const epoch = this.#current.get(name);
    if (!epoch || epoch.open > 0 || now < epoch.idleSince + this.#idle) return epoch;
    this.#current.delete(name);
    return undefined;
  }

  /** A query of this name was taken. */
  join(name: string, { start, end }: { start: boolean; end: boolean }, now: number): Place {
    let epoch = start ? undefined : this.known(name, now);
    epoch ??= {
      id: `${name}${this.#made++}`,
      open: 0,
      joined: 0,
      failedAt: Infinity,
      breaks: false,
      idleSince: now,
    };
    if (end) this.#current.delete(name);
    else this.#current.set(name, epoch);
    epoch.open++;
    return { epoch, place: epoch.joined++ };
  }

  leave({ epoch, place }: Place, failed: boolean, now: number): void {
    epoch.open--;
    epoch.idleSince = now;
    if (failed && place < epoch.failedAt) epoch.failedAt = place;
  }

  end(name: string): void {
    this.#current.delete(name);
  }
}
