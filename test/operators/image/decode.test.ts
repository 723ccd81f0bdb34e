import sharp from 'sharp';
import { expect, test } from 'vitest';
import { operator } from '../../../operators/image/decode.ts';
import type { NumericTensor } from '../../../operators/index.ts';
import { start } from '../start.ts';
import { encoded, picture, raw } from './pictures.ts';

const noise = picture(40, 30, (x, y) => [(x * 97 + y * 31) % 256, (x * 13 + y * 57) % 256, (x * y) % 256]);
const red = (x: number) => [200, x, 10];

const decode = async (data: Uint8Array, params = {}) => {
  const { run } = await start(operator, params);
  return (await run(encoded(data)))['image'] as NumericTensor;
};
const refused = async (data: Uint8Array, params = {}) => {
  const { refusal } = await start(operator, params);
  return refusal(encoded(data));
};

test('gives the pixels of a PNG as they are', async () => {
  const image = await decode(await raw(noise).png().toBuffer());
  expect(image.shape).toEqual([30, 40, 3]);
  expect([...image.data]).toEqual([...noise.data]);
});

test.each(['jpeg', 'webp', 'gif', 'tiff', 'avif'] as const)('reads %s', async format => {
  const image = await decode(
    await raw(picture(20, 10, () => [200, 30, 10]))
      .toFormat(format)
      .toBuffer(),
  );
  expect(image.shape).toEqual([10, 20, 3]);
  expect(Math.abs(Number(image.data[0]) - 200)).toBeLessThan(8);
});

test('makes three channels of a grey picture, and one of a coloured one if told so', async () => {
  const grey = await raw(picture(4, 4, x => [x * 10]))
    .toColourspace('b-w')
    .png()
    .toBuffer();
  expect((await sharp(grey).metadata()).channels).toBe(1);
  expect([...(await decode(grey)).data].slice(0, 6)).toEqual([0, 0, 0, 10, 10, 10]);
  expect((await decode(grey, { channels: 1 })).shape).toEqual([4, 4, 1]);
  const image = await decode(await raw(noise).png().toBuffer(), { channels: 1 });
  expect(image.shape).toEqual([30, 40, 1]);
});

test('makes bytes of 16 bit samples', async () => {
  const deep = await raw(picture(4, 4, () => [128, 0, 255]))
    .toColourspace('rgb16')
    .png()
    .toBuffer();
  expect((await sharp(deep).metadata()).depth).toBe('ushort');
  expect([...(await decode(deep)).data].slice(0, 3)).toEqual([128, 0, 255]);
});

test('puts transparent pictures on white', async () => {
  const image = await decode(
    await raw(picture(4, 4, () => [0, 0, 0, 0]))
      .png()
      .toBuffer(),
  );
  expect(image.shape).toEqual([4, 4, 3]);
  expect(new Set(image.data as Uint8Array)).toEqual(new Set([255]));
});

test('follows the EXIF orientation', async () => {
  const turned = await raw(picture(8, 4, red))
    .withMetadata({ orientation: 6 })
    .png()
    .toBuffer();
  const image = await decode(turned);
  expect(image.shape).toEqual([8, 4, 3]);
  // What was column 5 is row 5.
  expect([...image.data].slice(5 * 12, 5 * 12 + 3)).toEqual([200, 5, 10]);
});

test('gives the first frame of an animation', async () => {
  const frames = await Promise.all(
    [[255, 0, 0] as const, [0, 0, 255] as const].map(colour =>
      raw(picture(6, 5, () => colour))
        .png()
        .toBuffer(),
    ),
  );
  const gif = await sharp(frames, { join: { animated: true } })
    .gif()
    .toBuffer();
  expect((await sharp(gif).metadata()).pages).toBe(2);
  const image = await decode(gif);
  expect(image.shape).toEqual([5, 6, 3]);
  expect(Number(image.data[0])).toBeGreaterThan(240);
});

test('reads a file that lies in shared memory', async () => {
  const png = await raw(noise).png().toBuffer();
  const shared = new Uint8Array(new SharedArrayBuffer(png.length));
  shared.set(png);
  expect((await decode(shared)).shape).toEqual([30, 40, 3]);
});

test.each([
  ['an empty file', new Uint8Array(0), 'the file is empty'],
  ['one byte', Uint8Array.of(0xff), 'not a picture'],
  ['text', new TextEncoder().encode('hello, world'), 'not a picture'],
  [
    'SVG',
    new TextEncoder().encode('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"></svg>'),
    'not a picture',
  ],
  ['a PNG signature alone', Uint8Array.of(0x89, 80, 78, 71, 13, 10, 26, 10), 'damaged or incomplete'],
])('refuses %s', async (_name, data, message) => {
  expect(await refused(data)).toMatchObject({
    code: 'invalid-input',
    message: expect.stringContaining(message),
  });
});

test.each(['png', 'jpeg', 'webp', 'gif', 'avif'] as const)('refuses a %s that is cut off', async format => {
  const whole = await raw(noise).toFormat(format).toBuffer();
  for (const share of [0.3, 0.6, 0.9]) {
    const error = await refused(whole.subarray(0, Math.floor(whole.length * share)));
    expect(error).toMatchObject({ code: 'invalid-input' });
  }
});

test('refuses a PNG that claims to be 60,000 pixels wide by its head alone', async () => {
  const png = await raw(noise).png().toBuffer();
  const data = Uint8Array.from(png);
  const view = new DataView(data.buffer);
  view.setUint32(16, 60_000);
  view.setUint32(20, 60_000);
  view.setUint32(29, crc(data.subarray(12, 29)));
  const began = performance.now();
  expect(await refused(data)).toMatchObject({
    code: 'too-large',
    message: 'the picture has 60000 x 60000 pixels, more than the 50000000 allowed',
  });
  expect(performance.now() - began).toBeLessThan(1000);
});

test('refuses more pixels than a parameter allows', async () => {
  const png = await raw(noise).png().toBuffer();
  expect(await refused(png, { 'max-pixels': 1199 })).toMatchObject({ code: 'too-large' });
  expect((await decode(png, { 'max-pixels': 1200 })).shape).toEqual([30, 40, 3]);
});

test('fails a damaged picture alone', async () => {
  const { batch } = await start(operator);
  const png = await raw(noise).png().toBuffer();
  const [first, second, third] = await batch([encoded(png), encoded(png.subarray(0, 60)), encoded(png)]);
  expect(second).toBeInstanceOf(Error);
  expect([first, third].some(result => result instanceof Error)).toBe(false);
});

/** The checksum of a PNG chunk. */
function crc(data: Uint8Array): number {
  let value = 0xffffffff;
  for (const byte of data) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  }
  return (value ^ 0xffffffff) >>> 0;
}
