/** What is said into the microphone, piece by piece, at 16 kHz. */
import { sampleRate } from './wav.ts';

/** Runs where sound is processed: hands on what comes in, some frames of 128 samples at a time. */
const worklet = `
registerProcessor('pieces', class extends AudioWorkletProcessor {
  constructor() { super(); this.piece = new Float32Array(512); this.length = 0; }
  process([[samples]]) {
    if (!samples) return true;
    this.piece.set(samples, this.length);
    this.length += samples.length;
    if (this.length === this.piece.length) {
      this.port.postMessage(this.piece.slice());
      this.length = 0;
    }
    return true;
  }
});`;

export interface Microphone {
  close(): void;
}

/**
 * Listens until it is closed.
 * @param heard is given 32 ms at a time
 * @throws DOMException if the user, or the browser, does not allow it
 */
export async function openMicrophone(heard: (samples: Float32Array) => void): Promise<Microphone> {
  const stream = await navigator.mediaDevices.getUserMedia({
    audio: { channelCount: 1, echoCancellation: true },
  });
  const context = new AudioContext({ sampleRate });
  const url = URL.createObjectURL(new Blob([worklet], { type: 'text/javascript' }));
  await context.audioWorklet.addModule(url);
  URL.revokeObjectURL(url);
  const pieces = new AudioWorkletNode(context, 'pieces');
  pieces.port.addEventListener('message', ({ data }) => heard(data as Float32Array));
  pieces.port.start();
  context.createMediaStreamSource(stream).connect(pieces);
  return {
    close() {
      for (const track of stream.getTracks()) track.stop();
      void context.close();
    },
  };
}
