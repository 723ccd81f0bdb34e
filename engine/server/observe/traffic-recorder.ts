/** Writes down when queries arrive at a server, which way they take, and what becomes of them. */
import { byteLength, encodeRaw } from '../../../operators/index.ts';
import type { RecordedInput, RecordedLine, RecordedWork } from '../../../planner/index.ts';
import type { RecordingFile } from '../../recording/recording-file.ts';
import { tensorOf, type InputValue } from '../../runtime/inputs.ts';
import type { StageRun } from '../../runtime/query.ts';
import type { Caller, InferOptions, QueryReport, QueryWatch, Service, ServiceListener } from '../service.ts';

/** Where lines go. */
export type Sink = Pick<RecordingFile, 'started' | 'isOver' | 'write' | 'close'>;

export interface TrafficRecorderOptions {
  /** Bytes of a query's inputs up to which they are kept; null: none are. */
  inputs: number | null;
  /** Bytes of inputs that queries in flight may hold between them; of those beyond, none are kept. 64 MiB unless given. */
  held?: number;
}

const mostHeld = 64 * 1024 ** 2;

/** Milliseconds, to the microsecond. */
function brief(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1000;
}

export class TrafficRecorder implements ServiceListener {
  readonly #file: Sink;
  readonly #longest: number | null;
  #room: number;

  constructor(file: Sink, { inputs, held = mostHeld }: TrafficRecorderOptions) {
    this.#file = file;
    this.#longest = inputs;
    this.#room = held;
  }

  begun(
    service: Service,
    _caller: Caller,
    inputs: Readonly<Record<string, InputValue>>,
    { timeout, priority }: InferOptions,
  ): QueryWatch | undefined {
    if (this.#file.isOver) return undefined;
    const arrival = Math.round((performance.now() - this.#file.started) * 1000) / 1e6;
    const { inputs: kept, bytes } = this.#keep(inputs);
    this.#room -= bytes;
    const work: RecordedWork[] = [];
    return {
      ran: run => addTo(work, run),
      ended: ({ latency, error }: QueryReport) => {
        this.#room += bytes;
        const line: RecordedLine = {
          pipeline: service.name,
          arrival,
          outcome: error?.code ?? 'ok',
          latency: brief(latency),
          ...(timeout !== undefined && { timeout: brief(timeout) }),
          ...(priority !== undefined && { priority }),
          work: work.map(rounded),
          ...(kept && { inputs: kept }),
        };
        this.#file.write(JSON.stringify(line));
      },
    };
  }

  /** Writes what waits. */
  close(): Promise<void> {
    return this.#file.close();
  }

  /** What is to be written of a query's inputs. They are read now: a transport may use their memory again. */
  #keep(inputs: Readonly<Record<string, InputValue>>): { inputs?: RecordedInput[]; bytes: number } {
    if (this.#longest === null) return { bytes: 0 };
    const tensors = Object.entries(inputs).map(([name, value]) => ({ name, tensor: tensorOf(value) }));
    const bytes = tensors.reduce((sum, { tensor }) => sum + byteLength(tensor), 0);
    if (bytes > this.#longest || bytes > this.#room) return { bytes: 0 };
    const kept = tensors.map(({ name, tensor }): RecordedInput => {
      const { buffer, byteOffset, byteLength } = encodeRaw(tensor);
      const base64 = Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength).toString('base64');
      return { name, datatype: tensor.datatype, shape: tensor.shape, base64 };
    });
    return { inputs: kept, bytes };
  }
}

/** Adds one run of a stage to what the stage did on that hardware; `batch` is a sum until it is rounded. */
function addTo(work: RecordedWork[], { stage, hardware, queued, started, service, batch }: StageRun): void {
  let known = work.find(one => one.stage === stage && one.hardware === hardware);
  if (!known) work.push((known = { stage, hardware, items: 0, queue: 0, service: 0, batch: 0 }));
  known.items++;
  known.queue += started - queued;
  known.service += service;
  known.batch += batch;
}

function rounded({ queue, service, batch, ...work }: RecordedWork): RecordedWork {
  return { ...work, queue: brief(queue), service: brief(service), batch: brief(batch / work.items) };
}
