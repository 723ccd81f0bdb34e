/**
 * Shares of the engine among clients while there is too much to do. Who has been given more than its fair share of late
 * must leave room in the queue for who has not: the more it had, the sooner it is refused. Where there is enough for
 * all, nobody is refused for what it had.
 */

/** Milliseconds in which what a client was given counts half. */
const halfLife = 2000;

/** Clients that are kept account of; beyond, the one that asked least is forgotten. */
const mostClients = 1000;

/** Of the time there is to wait, the share that the greediest client may not use. */
const reserve = 0.5;

/** Queries of late below which no client is greedy. */
const fewest = 4;

/** Milliseconds for which what is a fair share is not worked out anew. */
const settled = 50;

interface Account {
  /** Queries given, each counted half for every half-life since. */
  given: number;
  time: number;
}

export class FairShare {
  readonly #accounts = new Map<string, Account>();
  #fair = 0;
  #next = -Infinity;

  /** The share of the time there is to wait that a client may use, above 0 up to 1. */
  allowance(client: string, now: number): number {
    if (this.#accounts.size < 2) return 1;
    if (now >= this.#next) this.#settle(now);
    const own = this.#accounts.get(client);
    const given = own ? givenOf(own, now) : 0;
    if (given <= this.#fair || given < fewest) return 1;
    return 1 - reserve * (1 - this.#fair / given);
  }

  /** A client's query was taken. */
  give(client: string, now: number): void {
    const account = this.#accounts.get(client);
    if (account) {
      account.given = givenOf(account, now) + 1;
      account.time = now;
      return;
    }
    if (this.#accounts.size >= mostClients) this.#forgetLeast(now);
    this.#accounts.set(client, { given: 1, time: now });
  }

  #settle(now: number): void {
    let all = 0;
    let active = 0;
    for (const account of this.#accounts.values()) {
      const given = givenOf(account, now);
      all += given;
      if (given >= 1) active++;
    }
    this.#fair = all / Math.max(1, active);
    this.#next = now + settled;
  }

  #forgetLeast(now: number): void {
    let least = '';
    let given = Infinity;
    for (const [client, account] of this.#accounts) {
      const own = givenOf(account, now);
      if (own < given) [least, given] = [client, own];
    }
    this.#accounts.delete(least);
  }
}

function givenOf({ given, time }: Account, now: number): number {
  return given * 2 ** (-(now - time) / halfLife);
}
