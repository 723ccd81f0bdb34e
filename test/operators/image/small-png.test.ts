/** Small PNGs give the same pixels as sharp gives; all that could differ is left to it. */
import { crc32 } from 'node:zlib';
import * as fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodeSmallPng } from '../../../operators/image/small-png.ts';
import { picture, raw } from './pictures.ts';

const png = (width: number, height: number, channels: 1 | 3, seed = 7) =>
  raw(
    picture(width, height, (x, y) =>
      Array.from({ length: channels }, (_, channel) => (x * seed + y * 31 + channel * 57 + x * y) % 256),
    ),
  ).toColourspace(channels === 1 ? 'b-w' : 'srgb');

const bySharp = (data: Buffer, channels: 1 | 3) =>
  sharp(data)
    .toColourspace(channels === 1 ? 'b-w' : 'srgb')
    .raw({ depth: 'uchar' })
    .toBuffer();

/** A PNG with a chunk put in before its pixels. */
function withChunk(data: Buffer, type: string, content: Buffer): Buffer {
  const afterHeader = 8 + 25;
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  const body = Buffer.concat([Buffer.from(type, 'latin1'), content]);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(body));
  const chunk = Buffer.concat([length, body, checksum]);
  return Buffer.concat([data.subarray(0, afterHeader), chunk, data.subarray(afterHeader)]);
}

describe('a small PNG', () => {
  it('has the pixels that sharp finds', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          width: fc.integer({ min: 1, max: 128 }),
          height: fc.integer({ min: 1, max: 128 }),
          own: fc.constantFrom<1 | 3>(1, 3),
          wanted: fc.constantFrom<1 | 3>(1, 3),
          seed: fc.nat(255),
          options: fc.record({ compressionLevel: fc.nat(9), adaptiveFiltering: fc.boolean() }),
        }),
        async ({ width, height, own, wanted, seed, options }) => {
          const data = await png(width, height, own, seed).png(options).toBuffer();
          const decoded = decodeSmallPng(data, wanted);
          if (own > wanted) {
            expect(decoded).toBe(null);
            return;
          }
          expect(decoded).toMatchObject({ width, height });
          expect(Buffer.compare(decoded!.data, await bySharp(data, wanted))).toBe(0);
        },
      ),
    );
  });

  it('may hold texts, and say how large it prints', async () => {
    const plain = await png(4, 4, 3).png().toBuffer();
    const told = withChunk(withChunk(plain, 'tEXt', Buffer.from('Title\0a bag')), 'pHYs', Buffer.alloc(9, 1));
    expect(decodeSmallPng(told, 3)).toEqual(decodeSmallPng(plain, 3));
    expect(decodeSmallPng(plain, 3)).toMatchObject({ width: 4, height: 4 });
  });
});

/** The second says that it is far larger. */
async function twoHeaders(): Promise<Buffer> {
  const data = await png(8, 8, 1).png().toBuffer();
  const header = Buffer.from(data.subarray(16, 29));
  header.writeUInt32BE(100_000, 0);
  return withChunk(data, 'IHDR', header);
}

describe('left to sharp is a PNG', () => {
  it.each<[string, () => Promise<Buffer>]>([
    ['of more pixels', () => png(129, 128, 1).png().toBuffer()],
    ['with a palette', () => png(8, 8, 3).png({ palette: true }).toBuffer()],
    ['that is interlaced', () => png(8, 8, 3).png({ progressive: true }).toBuffer()],
    ['that is transparent', () => png(8, 8, 3).ensureAlpha(0.5).png().toBuffer()],
    ['with a second header', twoHeaders],
    ['of 16 bits', () => png(8, 8, 3).toColourspace('rgb16').png().toBuffer()],
    ['with a colour profile', () => png(8, 8, 3).withIccProfile('p3').png().toBuffer()],
    [
      'that may lie on its side',
      () =>
        png(8, 8, 3)
          .withExif({ IFD0: { Orientation: '6' } })
          .png()
          .toBuffer(),
    ],
    [
      'with a colour that stands for none',
      async () => withChunk(await png(8, 8, 1).png().toBuffer(), 'tRNS', Buffer.alloc(2)),
    ],
    [
      'with a gamma of its own',
      async () => withChunk(await png(8, 8, 1).png().toBuffer(), 'gAMA', Buffer.alloc(4)),
    ],
    [
      'that holds far more than pixels',
      async () => withChunk(await png(8, 8, 1).png().toBuffer(), 'tEXt', Buffer.alloc(5000)),
    ],
  ])('%s', async (_, make) => {
    expect(decodeSmallPng(await make(), 3)).toBe(null);
  });

  it('that ends early, wherever that is', async () => {
    const data = await png(16, 16, 3).png().toBuffer();
    for (let length = 8; length < data.length; length++)
      expect(decodeSmallPng(data.subarray(0, length), 3)).toBe(null);
  });

  it('with a byte that is wrong, whichever of its pixels’ it is', async () => {
    const data = await png(16, 16, 3).png().toBuffer();
    const from = data.indexOf('IDAT');
    for (let at = from; at < data.length - 12; at++) {
      const damaged = Buffer.from(data);
      damaged[at] = damaged[at]! ^ 0x55;
      expect(decodeSmallPng(damaged, 3)).toBe(null);
    }
  });
});
