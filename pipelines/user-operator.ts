import { Worker } from 'node:worker_threads';

/** What a user's module says of an operator it exports, as plain data. */
export interface Declaration {
  /** Names that the module exports. */
  exports: string[];
  /** Absent if the name is not among them. */
  operator?: { params?: unknown; cost?: unknown; ports?: unknown; create: boolean; object: boolean };
}

type Answer =
  { declaration: Declaration } | { ports: unknown } | { error: { message: string; diagnostic?: unknown } };

/** What the operator's own code threw; `diagnostic` is the code of a diagnostic, if it chose one. */
class UserOperatorError extends Error {
  readonly diagnostic: unknown;

  constructor(message: string, diagnostic?: unknown) {
    super(message);
    this.diagnostic = diagnostic;
  }
}

/** Milliseconds that the module's import, and each call of its `ports`, may take. */
const limit = 2000;

/**
 * Source of the thread, so that it runs alike from sources and from a build. Only plain data leaves it: what a
 * module exports may hold functions, which can't be sent.
 */
const threadSource = `
const { parentPort, workerData } = require('node:worker_threads');
const plain = value => (value === undefined ? undefined : JSON.parse(JSON.stringify(value) ?? 'null'));
const answer = async work => {
  try {
    parentPort.postMessage(await work());
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    parentPort.postMessage({ error: { message, diagnostic: plain(error?.diagnostic) } });
  }
};
let operator;
answer(async () => {
  const module = await import(workerData.module);
  const exports = Object.keys(module);
  if (!exports.includes(workerData.name)) return { declaration: { exports } };
  operator = module[workerData.name];
  const object = typeof operator === 'object' && operator !== null;
  const { params, cost, ports, create } = object ? operator : {};
  const declared = { params: plain(params), cost: plain(cost), create: typeof create === 'function', object };
  if (typeof ports !== 'function') declared.ports = plain(ports) ?? null;
  return { declaration: { exports, operator: declared } };
});
parentPort.on('message', params => answer(async () => ({ ports: plain(await operator.ports(params)) ?? null })));
`;

/** A user's operator in a thread of its own, where it can neither hang nor print. Close it after use. */
export class UserOperatorThread {
  readonly #worker: Worker;
  #last: Promise<unknown>;
  #online = false;

  private constructor(worker: Worker) {
    this.#worker = worker;
    this.#last = Promise.resolve();
    worker.once('online', () => {
      this.#online = true;
    });
  }

  /** Imports a module, by its URL. @throws UserOperatorError if it fails or takes too long. */
  static async open(
    module: string,
    name: string,
  ): Promise<{ thread: UserOperatorThread; declaration: Declaration }> {
    const worker = new Worker(threadSource, {
      eval: true,
      workerData: { module, name },
      execArgv: [],
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: 512 },
    });
    const thread = new UserOperatorThread(worker);
    try {
      const answer = await thread.#answer('importing the module');
      return { thread, declaration: (answer as { declaration: Declaration }).declaration };
    } catch (error) {
      await thread.close();
      throw error;
    }
  }

  /** The ports for these parameters, unchecked. @throws UserOperatorError if `ports` fails or takes too long. */
  ports(params: unknown): Promise<unknown> {
    const ask = async (): Promise<unknown> => {
      const answer = this.#answer('its ports');
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
      this.#worker.postMessage(params);
      return ((await answer) as { ports: unknown }).ports;
    };
    const asked = this.#last.then(ask, ask);
    this.#last = asked;
    return asked;
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #answer(what: string): Promise<Answer> {
    const worker = this.#worker;
    return new Promise<Answer>((resolve, reject) => {
      const settle = (settled: () => void): void => {
        clearTimeout(timer);
        worker.off('online', startTimer).off('message', onMessage).off('error', onError).off('exit', onExit);
        settled();
      };
      const fail = (message: string, diagnostic?: unknown): void =>
        settle(() => reject(new UserOperatorError(message, diagnostic)));
      const onMessage = (answer: Answer): void => {
        if ('error' in answer) fail(answer.error.message, answer.error.diagnostic);
        else settle(() => resolve(answer));
      };
      const onError = (error: unknown): void => fail(error instanceof Error ? error.message : String(error));
      const onExit = (): void => fail(`${what} ended the thread`);
      const onLimit = (): void => {
        fail(`${what} took longer than ${limit / 1000} s`);
        // An endless loop would keep the thread, and with it the process, for ever.
        void worker.terminate();
      };
      // Starting the thread is our time, not the module's.
      let timer: NodeJS.Timeout | undefined;
      const startTimer = (): void => {
        timer = setTimeout(onLimit, limit);
      };
      if (this.#online) startTimer();
      else worker.once('online', startTimer);
      worker.on('message', onMessage).on('error', onError).on('exit', onExit);
    });
  }
}
