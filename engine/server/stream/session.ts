/**
 * One open stream. Every query that is taken is answered exactly once, as it finishes or, if asked for, in order.
 *
 * Two things are refused at once and out of turn, since what waits for its turn has to be kept:
 * - a query beyond the window;
 * - any query while the client has left too much unread.
 * Partial results are left out while that is so. The transport drops a client whose backlog grows all the same.
 */
import { randomUUID } from 'node:crypto';
import {
  decodeInferRequest,
  errorTable,
  MillraceError,
  type InferResponse,
} from '../../../operators/index.ts';
import type { StageRun } from '../../runtime/query.ts';
import { answer, flagOf, sequenceOf, type AnswerOptions } from '../inference.ts';
import { known, type Caller } from '../service.ts';
import type { Socket, SocketListener } from '../transport.ts';
import { Asked } from './asked.ts';
import type { Handshake } from './handshake.ts';
import type { Hub } from './hub.ts';
import { InFlight } from './in-flight.ts';
import { Outbox } from './outbox.ts';
import { idOf, readId, readMessage, type Fields, type Message } from './reading.ts';
import {
  answerFrame,
  errorFrame,
  goawayFrame,
  helloFrame,
  isStateful,
  outputKinds,
  partialFrame,
} from './replies.ts';

/** Bytes that the reason of a WebSocket's end may have. */
const longestReason = 123;

/** As much of a text as fits, in whole characters. */
function shortened(reason: string): string {
  const room = new Uint8Array(longestReason);
  const { written } = new TextEncoder().encodeInto(reason, room);
  return new TextDecoder().decode(room.subarray(0, written));
}

/** An answer that says how many partial results were left out ahead of it. */
function withSkipped(response: InferResponse, skipped: number): InferResponse {
  return { ...response, parameters: { ...response.parameters, partial_skipped: skipped } };
}

export class Session implements SocketListener {
  readonly #hub: Hub;
  readonly #socket: Socket;
  readonly #handshake: Handshake;
  readonly #outbox: Outbox;
  readonly #inFlight: InFlight;
  readonly #whenClosed: (session: Session) => void;
  /** Name of the sequence that this connection is; undefined on a pipeline without state. */
  readonly #sequence: string | undefined;
  #leaving = false;
  #closing = false;

  constructor(hub: Hub, socket: Socket, handshake: Handshake, whenClosed: (session: Session) => void) {
    this.#hub = hub;
    this.#socket = socket;
    this.#handshake = handshake;
    this.#outbox = new Outbox(hub, socket);
    this.#inFlight = new InFlight(this.#outbox, handshake.ordered);
    this.#whenClosed = whenClosed;
    // Nobody else can guess it, and so get into the sequence.
    this.#sequence = isStateful(handshake.service) ? randomUUID() : undefined;
    this.#outbox.send(helloFrame(handshake.service, hub.limits));
  }

  message(frame: string | Uint8Array): void {
    if (this.#closing) return;
    const binary = typeof frame !== 'string';
    let message: Message;
    try {
      message = readMessage(frame);
    } catch (error) {
      this.#close(errorTable['invalid-input'].close, known(error).message);
      return;
    }
    const { fields } = message;
    if (fields['cancel'] !== undefined) this.#cancel(fields, binary);
    else if (fields['inputs'] !== undefined) this.#ask(message, binary);
    else {
      const problem = 'a message is a query, with "inputs", or {"cancel": ID}; this is neither';
      this.#outbox.send(
        errorFrame(new MillraceError('invalid-input', problem), { id: idOf(fields) }, binary),
      );
    }
  }

  drained(): void {
    this.#outbox.look();
  }

  closed(): void {
    this.#closing = true;
    this.#outbox.drop();
    this.#inFlight.abort();
    if (this.#sequence !== undefined) this.#handshake.service.engine?.endSequence(this.#sequence);
    this.#whenClosed(this);
  }

  /** Takes no more queries, and closes once those in flight are answered. @param drain milliseconds that they have */
  goAway(drain: number): void {
    if (this.#leaving) return;
    this.#leaving = true;
    this.#outbox.send(goawayFrame(drain));
    this.#leaveIfIdle();
  }

  /** Answers what is in flight `unavailable`, and closes. */
  cutOff(): void {
    const error = new MillraceError('unavailable', 'the server shut down before this query was answered');
    for (const asked of this.#inFlight.all()) {
      this.#settle(asked, error);
      asked.abort();
    }
    this.#leaveIfIdle();
  }

  #cancel({ cancel }: Fields, binary: boolean): void {
    let id: string;
    try {
      id = readId(cancel, 'cancel');
    } catch (error) {
      this.#outbox.send(errorFrame(known(error), {}, binary));
      return;
    }
    const asked = this.#inFlight.get(id);
    if (!asked) {
      const error = new MillraceError('not-found', `no query "${id}" is in flight on this connection`);
      // With `cancel`, so that nobody takes it for the answer to a query that has the id by now.
      this.#outbox.send(errorFrame(error, { id, cancel: id }, binary));
    } else if (asked.answer === null) {
      asked.abort();
    } else {
      const error = new MillraceError('cancelled', 'the query was cancelled');
      this.#inFlight.replace(asked, errorFrame(error, { id }, asked.binary));
    }
  }

  /** Why no more may be asked now; null if it may. */
  #refusal(): MillraceError | null {
    const { window } = this.#hub.limits;
    if (this.#leaving) return new MillraceError('unavailable', 'the server is shutting down');
    if (this.#inFlight.size >= window) {
      const message = `${window} queries are in flight on this connection, which is its window`;
      return new MillraceError('overloaded', message);
    }
    if (!this.#outbox.isFull) return null;
    return new MillraceError('overloaded', 'too much is unread on this connection; read its answers first');
  }

  #ask({ fields, tensors }: Message, binary: boolean): void {
    const id = idOf(fields);
    const refusal = this.#refusal();
    if (refusal) {
      this.#outbox.send(errorFrame(refusal, { id }, binary));
      return;
    }
    const asked = new Asked(id, binary);
    const isFirst = this.#inFlight.add(asked);
    try {
      if (!isFirst) throw new MillraceError('invalid-input', `query "${id}" is still in flight`);
      this.#start(asked, fields, tensors);
    } catch (error) {
      this.#settle(asked, known(error));
    }
  }

  /** @throws MillraceError `invalid-input` if the message can't be understood */
  #start(asked: Asked, fields: Fields, tensors: Uint8Array): void {
    const { service } = this.#handshake;
    if (asked.id === undefined && fields['id'] !== undefined && fields['id'] !== null)
      readId(fields['id'], 'id');
    const request = decodeInferRequest(fields, tensors);
    const kind = outputKinds(request, asked.binary);
    const sequence = sequenceOf(request, this.#sequence);
    const options: AnswerOptions = { batch: this.#hub.limits.batch, signal: asked };
    if (sequence) options.sequence = sequence;
    if (flagOf(request.parameters, 'partial')) options.partial = { ran: run => this.#tell(asked, run) };
    // Whatever it needs of the frame is copied before this returns: the frame is valid no longer.
    answer(service, request, this.#callerOf(asked, request.parameters['traceparent']), options).then(
      response => {
        const { skipped } = asked;
        const whole = skipped > 0 ? withSkipped(response, skipped) : response;
        if (!this.#closing) this.#inFlight.settle(asked, answerFrame(whole, kind, asked.binary));
        this.#leaveIfIdle();
      },
      (error: unknown) => {
        this.#settle(asked, known(error));
        this.#leaveIfIdle();
      },
    );
  }

  #callerOf({ id }: Asked, trace: unknown): Caller {
    const { requestId, client, trace: own } = this.#handshake;
    return {
      requestId: id === undefined ? requestId : `${requestId}/${id}`,
      protocol: 'stream',
      client,
      trace: typeof trace === 'string' ? trace : own,
    };
  }

  /** Sends what a stage gave, unless the query is over for the client or the client does not read. */
  #tell(asked: Asked, run: StageRun): void {
    if (asked.aborted || this.#closing) return;
    if (this.#outbox.isFull) asked.skipped++;
    else this.#outbox.send(partialFrame(this.#handshake.service, asked.id, run, asked.binary));
  }

  #settle(asked: Asked, error: MillraceError): void {
    if (!this.#closing) this.#inFlight.settle(asked, errorFrame(error, { id: asked.id }, asked.binary));
  }

  #leaveIfIdle(): void {
    if (this.#leaving && this.#inFlight.size === 0) {
      this.#close(errorTable.unavailable.close, 'the server is shutting down');
    }
  }

  #close(code: number, reason: string): void {
    if (this.#closing) return;
    this.#closing = true;
    this.#outbox.flush();
    this.#socket.close(code, shortened(reason));
  }
}
