/** What is spoken, streamed to the server as it is said; what is found comes back as it becomes certain. */
import type * as Client from '../../../client/index.ts';
import { storedKey } from '../status.ts';
import { openMicrophone, type Microphone } from './microphone.ts';
import { toPcm16 } from './wav.ts';
import type { Segment } from './waveform.tsx';

export interface Live {
  samples: Float32Array;
  segments: readonly Segment[];
}

interface SpeechEvent {
  type: 'start' | 'end';
  at: number;
}

/** The client that the server gives to every page. */
async function loadClient(): Promise<typeof Client> {
  const path = '/client.js';
  return (await import(path)) as typeof Client;
}

function eventsOf(text: string): SpeechEvent[] {
  return JSON.parse(text) as SpeechEvent[];
}

export class LiveSpeech {
  readonly #client: Client.PipelineClient;
  readonly #textOf: typeof Client.textOf;
  readonly #changed: (live: Live) => void;
  readonly #failed: (error: Error) => void;
  #microphone: Microphone | null = null;
  #pieces: Float32Array[] = [];
  #segments: Segment[] = [];

  private constructor(
    client: Client.PipelineClient,
    textOf: typeof Client.textOf,
    changed: (live: Live) => void,
    failed: (error: Error) => void,
  ) {
    this.#client = client;
    this.#textOf = textOf;
    this.#changed = changed;
    this.#failed = failed;
  }

  /** @throws an Error if there is no server or no microphone, or it may not be used */
  static async begin(
    pipeline: string,
    changed: (live: Live) => void,
    failed: (error: Error) => void,
  ): Promise<LiveSpeech> {
    const { connect, textOf } = await loadClient();
    const key = storedKey();
    const client = await connect(location.origin, pipeline, key === null ? {} : { key });
    const live = new LiveSpeech(client, textOf, changed, failed);
    try {
      live.#microphone = await openMicrophone(samples => live.#send(samples, false));
    } catch (error) {
      client.close();
      throw error;
    }
    return live;
  }

  /** Stops listening; what is held back comes still. */
  async end(): Promise<void> {
    this.#microphone?.close();
    await this.#send(new Float32Array(0), true);
    this.#client.close();
  }

  async #send(samples: Float32Array, end: boolean): Promise<void> {
    const start = this.#pieces.length === 0;
    this.#pieces.push(samples);
    const pcm = toPcm16(samples);
    try {
      const audio = new Uint8Array(pcm.buffer);
      const { outputs } = await this.#client.infer({ audio }, { start, end });
      for (const event of eventsOf(this.#textOf(outputs['events'] as Client.BytesTensor))) this.#take(event);
      this.#changed({ samples: this.#all(), segments: [...this.#segments] });
    } catch (error) {
      this.#microphone?.close();
      this.#failed(error as Error);
    }
  }

  #take({ type, at }: SpeechEvent): void {
    if (type === 'start') this.#segments.push({ start: at, end: null });
    else
      this.#segments = this.#segments.map(segment =>
        segment.end === null ? { ...segment, end: at } : segment,
      );
  }

  #all(): Float32Array {
    const all = new Float32Array(this.#pieces.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const piece of this.#pieces) {
      all.set(piece, at);
      at += piece.length;
    }
    return all;
  }
}
