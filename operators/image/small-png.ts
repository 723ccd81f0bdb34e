/**
 * Small PNGs, decoded where they are asked for. sharp hands each picture from thread to thread, and those of a thumbnail
 * take ten times as long to wake up as its pixels take to decode.
 */
import { PNG } from 'pngjs';

export interface Pixels {
  width: number;
  height: number;
  /** Row by row, channel beside channel. */
  data: Uint8Array;
}

/** Pixels up to which this is faster than sharp. */
const mostPixels = 128 * 128;

/** Bytes that a picture may have beyond its raw pixels: one that has more holds something else, or is made to do harm. */
const besides = 4096;

const signatureBytes = 8;
/** Of a chunk, beside its data: length, type and checksum. */
const chunkBytes = 12;

/** Bytes of the header's data. */
const headerBytes = 13;

/** What may follow the header: pixels, and what changes nothing of them: texts, a time, a print's resolution. */
const plain = new Set(['IDAT', 'IEND', 'tEXt', 'zTXt', 'tIME', 'pHYs']);

const grey = 0;
const colour = 2;

interface Header {
  width: number;
  height: number;
  type: number;
}

/** Type of the chunk that begins there. */
function typeAt(png: Buffer, at: number): string {
  return png.toString('latin1', at + 4, at + 8);
}

/** The header of a PNG of 8 bits a sample, without transparency, palette, profile or interlacing; null of any other. */
function plainHeader(png: Buffer): Header | null {
  const behind = signatureBytes + chunkBytes + headerBytes;
  if (png.length < behind || png.readUInt32BE(signatureBytes) !== headerBytes) return null;
  if (typeAt(png, signatureBytes) !== 'IHDR') return null;
  for (let at = behind; ;) {
    if (at + chunkBytes > png.length) return null;
    const type = typeAt(png, at);
    if (!plain.has(type)) return null;
    if (type === 'IEND') break;
    at += chunkBytes + png.readUInt32BE(at);
  }
  const first = signatureBytes + 8;
  const [depth, type, , , interlacing] = png.subarray(first + 8, first + 13);
  if (depth !== 8 || interlacing !== 0 || (type !== grey && type !== colour)) return null;
  return { width: png.readUInt32BE(first), height: png.readUInt32BE(first + 4), type };
}

/**
 * Decodes a small and plain PNG.
 * @param data that begins like a PNG
 * @param channels 3: RGB; 1: greyscale
 * @returns null of what sharp is better at, or alone can read, and of what is damaged: it says how
 */
export function decodeSmallPng(data: Uint8Array, channels: 1 | 3): Pixels | null {
  if (data.length > mostPixels * channels + besides) return null;
  const png = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const header = plainHeader(png);
  if (!header) return null;
  const { width, height, type } = header;
  const own = type === grey ? 1 : 3;
  const count = width * height;
  // Which grey a colour is, is left to sharp.
  if (own > channels || count === 0 || count > mostPixels || data.length > count * own + besides) return null;
  let rgba: Buffer;
  try {
    rgba = PNG.sync.read(png).data;
  } catch {
    return null;
  }
  const pixels = new Uint8Array(count * channels);
  for (let pixel = 0; pixel < count; pixel++)
    for (let channel = 0; channel < channels; channel++)
      pixels[pixel * channels + channel] = rgba[4 * pixel + channel]!;
  return { width, height, data: pixels };
}
