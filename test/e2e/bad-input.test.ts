/** What clients may send that is no good: each gets an error of its own, and whoever comes next an answer. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { Engine } from 'millrace';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectRest, failureOf, start } from './support/engine.ts';
import { linesOf, millrace } from './support/millrace.ts';
import { shipped } from './support/pipelines.ts';
import { temporaryFolder } from './support/temporary.ts';
import { wavOf } from './support/wav.ts';

const text = (value: string) => Buffer.from(value, 'latin1');

function pngChunk(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(body.length, 0);
  head.write(type, 4);
  const end = Buffer.alloc(4);
  end.writeUInt32BE(crc32(body, crc32(type)), 0);
  return Buffer.concat([head, body, end]);
}

/** A PNG whose header claims a size that no data follows up on. */
function claimedPng(width: number, height: number): Buffer {
  const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0, 0]);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  const data = pngChunk('IDAT', Buffer.alloc(64));
  return Buffer.concat([
    text('\x89PNG\r\n\x1a\n'),
    pngChunk('IHDR', header),
    data,
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

const wav = (frames: number, rate?: number) => wavOf(Buffer.alloc(frames * 2), rate);

const png = readFileSync(shipped('ocr', 'samples', 'receipt.png'));
const jpeg = readFileSync(shipped('ocr', 'samples', 'skewed.jpg'));
const good = readFileSync(shipped('fashion', 'samples', '00-ankle-boot.png'));

const badPictures: [string, Buffer, string, RegExp][] = [
  ['no bytes', Buffer.alloc(0), 'invalid-input', /empty/],
  ['one byte', Buffer.from([0x89]), 'invalid-input', /not a picture/],
  ['text', text('not a picture, but a text that goes on for a while'), 'invalid-input', /not a picture/],
  [
    'a drawing in SVG',
    text('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
    'invalid-input',
    /./,
  ],
  ['half a PNG', png.subarray(0, png.length / 2), 'invalid-input', /damaged or incomplete/],
  ['half a JPEG', jpeg.subarray(0, jpeg.length / 2), 'invalid-input', /damaged or incomplete/],
  ['the head of a PNG alone', png.subarray(0, 20), 'invalid-input', /damaged or incomplete/],
  ['a PNG that claims 60,000 x 60,000', claimedPng(60_000, 60_000), 'too-large', /60000 x 60000/],
];

describe('a bad picture', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await start('pipelines/fashion');
  });
  afterAll(() => engine.close());

  it.each(badPictures)('of %s is refused by the stage that reads it', async (_, image, code, message) => {
    const failure = await failureOf(engine.infer({ image }));
    expect({ code: failure.code, stage: failure.stage }).toEqual({ code, stage: 'decode' });
    expect(failure.message).toMatch(message);
    expect(failure.message).not.toContain('\n');
    expect((await engine.infer({ image: good })).outputs).toHaveProperty('labels');
    await expectRest(engine);
  });

  it('fails alone among others', async () => {
    const images = badPictures.flatMap(([, image]) => [image, good]);
    const ended = await Promise.allSettled(images.map(image => engine.infer({ image })));
    expect(ended.map(({ status }) => status)).toEqual(badPictures.flatMap(() => ['rejected', 'fulfilled']));
    await expectRest(engine);
  });
});

describe('bad pictures at the command line', () => {
  it('fail one by one, with the good ones answered', async () => {
    const folder = temporaryFolder();
    const files: [string, Buffer][] = badPictures.map(([, image], index) => [`${index}-bad.png`, image]);
    for (const [name, image] of [...files, ['z-good.png', good] as const])
      writeFileSync(join(folder, name), image);
    const input = `image=@${folder}/*.png`;
    const { status, stdout, stderr } = await millrace(['run', 'ocr', '--input', input, '--json']);
    expect({ status, stderr }).toEqual({ status: 1, stderr: '' });
    expect(linesOf(stdout).map(({ error }) => error?.code)).toEqual([
      ...badPictures.map(([, , code]) => code),
      undefined,
    ]);
  });
});

describe('a bad recording', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await start('pipelines/speech');
  });
  afterAll(() => engine.close());

  it.each<[string, Buffer, RegExp]>([
    ['no bytes', Buffer.alloc(0), /empty/],
    ['text', text('no recording, but a text that goes on'), /not a WAV file/],
    ['no samples', wav(0), /no samples/],
    ['another rate', wav(8000, 8000), /\b8000\b.*\b16000\b/],
    ['a length cut short', wav(1600).subarray(0, 1000), /cut off/],
    ['a head cut short', wav(1600).subarray(0, 30), /cut off/],
    [
      'no channel',
      Buffer.concat([wav(9).subarray(0, 22), Buffer.alloc(2), wav(9).subarray(24)]),
      /no channels/,
    ],
  ])('of %s is refused by the stage that reads it', async (_, audio, message) => {
    const failure = await failureOf(engine.infer({ audio }));
    expect({ code: failure.code, stage: failure.stage }).toEqual({ code: 'invalid-input', stage: 'decode' });
    expect(failure.message).toMatch(message);
    expect((await engine.infer({ audio: wav(1600) })).outputs).toHaveProperty('segments');
    await expectRest(engine);
  });
});

describe('a bad tensor', () => {
  const shape = [28, 28];
  const pixels = { datatype: 'UINT8', shape, data: new Uint8Array(784) } as const;
  let engine: Engine;
  beforeAll(async () => {
    engine = await start('pipelines/fashion/tensor.yaml');
  });
  afterAll(() => engine.close());

  it.each<[string, unknown, RegExp]>([
    [
      'another datatype',
      { datatype: 'FP32', shape, data: new Float32Array(784) },
      /FP32 \[28, 28\].*takes UINT8/,
    ],
    ['an unknown datatype', { datatype: 'UINT9', shape, data: new Uint8Array(784) }, /takes UINT8/],
    ['another rank', { ...pixels, shape: [784] }, /shape \[784\].*takes \[28, 28\]/],
    [
      'another size',
      { ...pixels, shape: [27, 28], data: new Uint8Array(756) },
      /\[27, 28\].*takes \[28, 28\]/,
    ],
    ['too few elements', { ...pixels, data: new Uint8Array(700) }, /700 elements.*784/],
    ['the wrong kind of array', { ...pixels, data: new Int8Array(784) }, /typed array of UINT8/],
    ['a plain list', { ...pixels, data: Array(784).fill(0) }, /typed array of UINT8/],
    ['a text', 'pixels', /BYTES \[1\].*takes UINT8/],
    ['a number', 7, /not a tensor/],
    ['null', null, /not a tensor/],
  ])('of %s is refused at the door', async (_, value, message) => {
    const failure = await failureOf(engine.infer({ pixels: value as typeof pixels }));
    expect(failure.code).toBe('invalid-input');
    expect(failure.message).toMatch(message);
    expect((await engine.infer({ pixels })).outputs).toHaveProperty('labels');
    await expectRest(engine);
  });

  it.each<[string, Record<string, typeof pixels>, RegExp]>([
    ['missing', {}, /"pixels" is missing/],
    ['of an unknown name', { pixels, pixel: pixels }, /no input "pixel"; it takes "pixels"/],
  ])('%s is refused at the door', async (_, inputs, message) => {
    const failure = await failureOf(engine.infer(inputs));
    expect(failure).toMatchObject({ code: 'invalid-input', message: expect.stringMatching(message) });
    await expectRest(engine);
  });
});
