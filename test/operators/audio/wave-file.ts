interface WaveOptions {
  tag?: number;
  bits?: number;
  channels?: number;
  rate?: number;
  /** Chunks between `fmt ` and `data`. */
  between?: readonly (readonly [id: string, body: Uint8Array])[];
  /** Chunks behind `data`. */
  behind?: readonly (readonly [id: string, body: Uint8Array])[];
  extensible?: boolean;
  /** What the data chunk claims as its length. */
  claim?: number;
}

const ascii = (text: string) => new TextEncoder().encode(text);

function chunk(id: string, body: Uint8Array, claim = body.length): Uint8Array {
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, claim, true);
  return Uint8Array.of(...ascii(id), ...length, ...body, ...(body.length % 2 ? [0] : []));
}

/** A WAV file of these sample bytes. */
export function waveFile(samples: Uint8Array, options: WaveOptions = {}): Uint8Array {
  const {
    tag = 1,
    bits = 16,
    channels = 1,
    rate = 16_000,
    between = [],
    behind = [],
    extensible = false,
    claim,
  } = options;
  const fmt = new DataView(new ArrayBuffer(extensible ? 40 : 16));
  fmt.setUint16(0, extensible ? 0xfffe : tag, true);
  fmt.setUint16(2, channels, true);
  fmt.setUint32(4, rate, true);
  fmt.setUint32(8, (rate * channels * bits) / 8, true);
  fmt.setUint16(12, (channels * bits) / 8, true);
  fmt.setUint16(14, bits, true);
  if (extensible) fmt.setUint16(24, tag, true);
  const body = Uint8Array.of(
    ...ascii('WAVE'),
    ...chunk('fmt ', new Uint8Array(fmt.buffer)),
    ...between.flatMap(([id, data]) => [...chunk(id, data)]),
    ...chunk('data', samples, claim),
    ...behind.flatMap(([id, data]) => [...chunk(id, data)]),
  );
  return chunk('RIFF', body);
}

/** Samples of 16 bits. */
export const pcm16 = (...samples: number[]) => new Uint8Array(Int16Array.from(samples).buffer);
