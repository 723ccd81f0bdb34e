import { expect, test } from 'vitest';
import { operator } from '../../../operators/audio/decode.ts';
import { bytes, type NumericTensor } from '../../../operators/index.ts';
import { start } from '../start.ts';
import { pcm16, waveFile } from './wave-file.ts';

const decode = async (file: Uint8Array, params = {}) => {
  const { run } = await start(operator, params);
  return [...((await run({ data: bytes([file]) }))['samples'] as NumericTensor).data];
};
const refused = async (file: Uint8Array, params = {}) => {
  const { refusal } = await start(operator, params);
  return refusal({ data: bytes([file]) });
};
const whole = waveFile(pcm16(0, 16384, -32768));

test('reads PCM of 16, 24 and 32 bits, and floats', async () => {
  expect(await decode(whole)).toEqual([0, 0.5, -1]);
  expect(await decode(waveFile(Uint8Array.of(0, 0, 0x40, 0, 0, 0x80), { bits: 24 }))).toEqual([0.5, -1]);
  const integers = new Uint8Array(Int32Array.of(2 ** 30, -(2 ** 31)).buffer);
  expect(await decode(waveFile(integers, { bits: 32 }))).toEqual([0.5, -1]);
  const floats = new Uint8Array(Float32Array.of(0.25, -1).buffer);
  expect(await decode(waveFile(floats, { bits: 32, tag: 3 }))).toEqual([0.25, -1]);
});

test('mixes channels into one', async () => {
  expect(await decode(waveFile(pcm16(16384, 0, -32768, 0), { channels: 2 }))).toEqual([0.25, -0.5]);
});

test('skips chunks it does not know, odd ones too', async () => {
  const between = [['LIST', Uint8Array.of(1, 2, 3)] as const];
  expect(await decode(waveFile(pcm16(16384), { between }))).toEqual([0.5]);
});

test('reads the extensible format', async () => {
  expect(await decode(waveFile(pcm16(16384), { extensible: true }))).toEqual([0.5]);
});

test('reads a file that does not start at an even place of its buffer', async () => {
  const moved = new Uint8Array(new SharedArrayBuffer(whole.length + 3), 3);
  moved.set(whole);
  expect(await decode(moved)).toEqual([0, 0.5, -1]);
});

test.each([
  ['an empty file', new Uint8Array(0), 'the file is empty'],
  ['something else', new TextEncoder().encode('this is no sound at all'), 'not a WAV file'],
  ['a head alone', whole.subarray(0, 12), 'has no "fmt " chunk'],
  ['a file that ends in the head of a chunk', whole.subarray(0, 40), 'cut off in the head of a chunk'],
  [
    'a file that ends in its format',
    whole.subarray(0, 30),
    'its "fmt " chunk claims 16 bytes, but 10 follow',
  ],
  ['a truncated file', whole.subarray(0, 46), 'its "data" chunk claims 6 bytes, but 2 follow'],
  ['a length that lies', waveFile(pcm16(1), { claim: 4e9 }), 'claims 4000000000 bytes, but 2 follow'],
  ['half a sample', waveFile(Uint8Array.of(1, 2, 3)), 'cut off within a sample'],
  ['no samples', waveFile(new Uint8Array(0)), 'holds no samples'],
  ['8 bits', waveFile(Uint8Array.of(1, 2), { bits: 8 }), 'samples of 8 bits in encoding 1'],
  ['MP3 in a WAV file', waveFile(pcm16(1), { tag: 85 }), 'in encoding 85'],
  ['no channels', waveFile(pcm16(1), { channels: 0 }), 'claims no channels'],
  ['a NaN', waveFile(new Uint8Array(Float32Array.of(NaN).buffer), { bits: 32, tag: 3 }), 'not a number'],
  ['another rate', waveFile(pcm16(1), { rate: 8000 }), 'has 8000 samples a second, not the 16000'],
])('refuses %s', async (_name, file, message) => {
  expect(await refused(file)).toMatchObject({
    code: 'invalid-input',
    message: expect.stringContaining(message),
  });
});

test('takes the rate it is told to, and no more than so long', async () => {
  const second = waveFile(new Uint8Array(16_000), { rate: 8000 });
  expect(await decode(second, { rate: 8000, 'max-duration': '1 s' })).toHaveLength(8000);
  expect(await refused(second, { rate: 8000, 'max-duration': '999 ms' })).toMatchObject({
    code: 'too-large',
    message: expect.stringMatching(/^the WAV file lasts 1.* s, more than the 999 ms allowed$/),
  });
});
