/** Requests to one server: connections that are kept, time limits, and what is sent again. */
import { Pool } from 'undici';
import type { Site } from '../contract.ts';
import { writeBody, type EncodedMessage } from '../open-inference/index.ts';
import { parseDuration, parseSize } from '../units.ts';
import { failureOfConnection, failureOfStatus, failureOfTime, RequestFailure } from './failure.ts';
import type { RemoteParameters } from './parameters.ts';

/** The body of an answer. */
export interface Answer {
  bytes: Uint8Array;
  /** How many of them are JSON, as the server says; binary tensors follow. */
  jsonLength: number;
}

/** Milliseconds before the second try, unless the server says when; each further wait is twice as long. */
const firstPause = 50;

const lengthHeader = 'inference-header-content-length';

type Settings = Pick<
  RemoteParameters,
  'url' | 'model' | 'version' | 'timeout' | 'connect-timeout' | 'retries' | 'concurrency' | 'max-answer'
>;

export class Connection {
  readonly #pool: Pool;
  readonly #path: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #settings: Settings;
  readonly #timeout: number;
  readonly #site: Site;

  /** Connects to nothing yet. */
  constructor(settings: Settings, headers: Readonly<Record<string, string>>, site: Site) {
    const { url, model, version } = settings;
    const { origin, pathname } = new URL(url);
    const ofVersion = version === undefined ? '' : `/versions/${encodeURIComponent(version)}`;
    this.#path = `${pathname.replace(/\/+$/, '')}/v2/models/${encodeURIComponent(model)}${ofVersion}/infer`;
    this.#pool = new Pool(origin, {
      connections: settings.concurrency,
      connect: { timeout: parseDuration(settings['connect-timeout'])! },
      // One limit for the whole of a request, in `infer`.
      headersTimeout: 0,
      bodyTimeout: 0,
      maxResponseSize: parseSize(settings['max-answer'])!,
    });
    this.#headers = headers;
    this.#settings = settings;
    this.#timeout = parseDuration(settings.timeout)!;
    this.#site = site;
  }

  /** Sends an inference request, more than once where that is safe and helps. @throws RequestFailure */
  async infer(message: EncodedMessage): Promise<Answer> {
    const { body, jsonLength } = writeBody(message);
    const binary = message.tensors.length > 0;
    const headers = {
      ...this.#headers,
      'content-type': binary ? 'application/octet-stream' : 'application/json',
      ...(binary && { [lengthHeader]: String(jsonLength) }),
    };
    const signal = AbortSignal.timeout(this.#timeout);
    const end = this.#site.now() + this.#timeout;
    for (let tries = 0; ; tries++) {
      try {
        return await this.#send(body, headers, signal);
      } catch (error) {
        const failure = this.#failureOf(error, signal);
        const next = this.#site.now() + this.#pause(failure, tries);
        const mayGoOn = failure.again === 'always' || (failure.again === 'pure' && this.#site.pure);
        if (!mayGoOn || tries >= this.#settings.retries || next >= end) throw failure;
        await this.#site.until(next);
      }
    }
  }

  /** Ends all connections. */
  async close(): Promise<void> {
    await this.#pool.destroy();
  }

  async #send(body: Uint8Array, headers: Record<string, string>, signal: AbortSignal): Promise<Answer> {
    const answer = await this.#pool.request({ path: this.#path, method: 'POST', headers, body, signal });
    const bytes = await answer.body.bytes();
    if (answer.statusCode !== 200) {
      const text = new TextDecoder().decode(bytes);
      throw failureOfStatus(answer.statusCode, answer.headers['retry-after'], text);
    }
    return { bytes, jsonLength: Number(answer.headers[lengthHeader] ?? bytes.byteLength) };
  }

  #failureOf(error: unknown, signal: AbortSignal): RequestFailure {
    if (error instanceof RequestFailure) return error;
    if (signal.aborted) return failureOfTime(this.#settings.timeout);
    return failureOfConnection(error, this.#settings['max-answer']);
  }

  /** Milliseconds to wait; up to half of it by chance, so that those turned away together don't come back together. */
  #pause({ after }: RequestFailure, tries: number): number {
    return after > 0 ? after : firstPause * 2 ** tries * (1 - Math.random() / 2);
  }
}
