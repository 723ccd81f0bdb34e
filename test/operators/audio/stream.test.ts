/** Sound in pieces, as `audio/decode` takes it in a sequence. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { operator } from '../../../operators/audio/decode.ts';
import { bytes, tensor, type NumericTensor } from '../../../operators/index.ts';
import { start } from '../start.ts';
import { pcm16, waveFile } from './wave-file.ts';

const none = new Uint8Array(0);

/** The samples of each piece, as far as none is refused; the last is told that it is. */
async function play(pieces: readonly Uint8Array[], params = {}) {
  const { run } = await start(operator, params);
  const samples: number[][] = [];
  let state = tensor('FP64', [0], new Float64Array(0));
  for (const [index, piece] of pieces.entries()) {
    try {
      const outputs = await run({ data: bytes([piece]), state }, { last: index === pieces.length - 1 });
      samples.push([...(outputs['samples'] as NumericTensor).data] as number[]);
      state = outputs['state'] as NumericTensor;
    } catch (error) {
      return { samples, error };
    }
  }
  return { samples };
}

/** The samples of each piece. */
async function decode(pieces: readonly Uint8Array[], params = {}): Promise<number[][]> {
  const { samples, error } = await play(pieces, params);
  if (error) throw error;
  return samples;
}

/** `file` cut at these places. */
function cut(file: Uint8Array, places: readonly number[]): Uint8Array[] {
  const all = [0, ...places.map(place => place % (file.length + 1)).sort((a, b) => a - b), file.length];
  return all.slice(1).map((end, index) => file.subarray(all[index], end));
}

const sound = fc
  .uint8Array({ minLength: 48, maxLength: 96 })
  .map(each => each.subarray(0, each.length - (each.length % 24)));
const places = fc.array(fc.nat(), { minLength: 1, maxLength: 20 });
const junk = fc.uint8Array({ maxLength: 9 });

describe('a stream', () => {
  it('is a WAV file cut anywhere', async () => {
    const encoding = fc.constantFrom(
      { bits: 16 },
      { bits: 24 },
      { bits: 32 },
      { bits: 16, extensible: true },
    );
    const channels = fc.constantFrom(1, 2);
    await fc.assert(
      fc.asyncProperty(
        sound,
        encoding,
        channels,
        junk,
        places,
        async (samples, encoding, channels, junk, places) => {
          const between = [['LIST', junk]] as const;
          const file = waveFile(samples, { ...encoding, channels, between, behind: between });
          expect((await decode(cut(file, places))).flat()).toEqual((await decode([file])).flat());
        },
      ),
      { numRuns: 300 },
    );
  });

  it('is bare PCM cut anywhere', async () => {
    await fc.assert(
      fc.asyncProperty(sound, places, async (samples, places) => {
        // At least two pieces: a lone one is a file.
        const expected = (await decode([waveFile(samples)])).flat();
        expect((await decode([...cut(samples, places), none])).flat()).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  it('is pieces that are WAV files each', async () => {
    const pieces = [waveFile(pcm16(16384, 0)), waveFile(pcm16(-32768)), waveFile(pcm16(8192))];
    expect(await decode(pieces)).toEqual([[0.5, 0], [-1], [0.25]]);
  });

  it('is WAV files one after the other, each cut anywhere', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(sound, { minLength: 1 }), junk, places, async (sounds, junk, places) => {
        const files = sounds.map(samples => waveFile(samples, { behind: [['LIST', junk]] }));
        const expected = await Promise.all(files.map(async file => (await decode([file])).flat()));
        const pieces = files.flatMap(file => cut(file, places));
        expect((await decode([...pieces, none])).flat()).toEqual(expected.flat());
      }),
      { numRuns: 100 },
    );
  });

  it.each([0, 0x7fff_ffff, 0xffff_ffff])(
    'of a length that its head could not know (%i) goes on',
    async claim => {
      const file = waveFile(pcm16(16384), { claim });
      const pieces = [file, Uint8Array.of(0), Uint8Array.of(0x80, 0, 0x20), none];
      expect(await decode(pieces)).toEqual([[0.5], [], [-1, 0.25], []]);
    },
  );

  it('gives each sample with the piece that completes it', async () => {
    const pieces = [...pcm16(16384, -32768, 8192)].map(byte => Uint8Array.of(byte));
    // Four bytes tell that it is no WAV file.
    expect(await decode([...pieces, none])).toEqual([[], [], [], [0.5, -1], [], [0.25], []]);
  });

  it('may have empty pieces, at its start too', async () => {
    expect(await decode([none, none])).toEqual([[], []]);
    expect(await decode([none, waveFile(pcm16(16384)), none])).toEqual([[], [0.5], []]);
  });

  it('may end before its head says, and within a sample', async () => {
    expect(await decode([waveFile(pcm16(16384, 0)).subarray(0, 47), none])).toEqual([[0.5], []]);
  });

  it('bounds each piece and not the whole', async () => {
    const second = new Uint8Array(32_000);
    expect((await decode([second, second, second], { 'max-duration': '1 s' })).flat()).toHaveLength(48_000);
    const { samples, error } = await play([second, new Uint8Array(32_002)], { 'max-duration': '1 s' });
    expect(samples).toHaveLength(1);
    expect(error).toMatchObject({
      code: 'too-large',
      message: expect.stringMatching(/^the piece lasts 1.* s, more than the 1 s allowed$/),
    });
  });

  const ascii = (text: string) => Uint8Array.from(text, letter => letter.charCodeAt(0));
  const file = waveFile(pcm16(1, 2, 3));
  it.each<[string, Uint8Array[], number, string]>([
    ['is Ogg', [ascii('OggS\0\0\0\0'), none], 0, 'the stream is Ogg; send a WAV file in pieces, or bare PCM'],
    ['is WebM', [ascii('\x1aE'), ascii('\xdf\xa3')], 1, 'the stream is WebM'],
    ['is FLAC', [ascii('fLaC\0'), none], 0, 'the stream is FLAC'],
    ['is AVI', [ascii('RIFF....AVI '), none], 0, 'the stream is a RIFF file without sound'],
    [
      'ends in its head',
      [file.subarray(0, 20), file.subarray(20, 30)],
      1,
      'its "fmt " chunk claims 16 bytes',
    ],
    [
      'is of another rate',
      cut(waveFile(pcm16(1), { rate: 8000 }), [10, 45]),
      1,
      '8000 samples a second, not the',
    ],
    ['claims half a sample', [waveFile(pcm16(1), { claim: 3 }), none], 0, 'cut off within a sample'],
    [
      'has another file before its end',
      [file.subarray(0, 46), file],
      1,
      'a WAV file begins, but 4 bytes of the one before it are missing',
    ],
    ['goes on after its end', [file, pcm16(1, 2)], 1, 'the WAV file is over, as long as its head says it is'],
    [
      'has too long a head',
      cut(waveFile(pcm16(1), { between: [['LIST', new Uint8Array(70_000)]] }), [65_000, 66_000]),
      1,
      'no samples within its first 65536 bytes',
    ],
  ])('that %s is refused', async (_, pieces, at, message) => {
    const { samples, error } = await play(pieces);
    expect(error).toMatchObject({ code: 'invalid-input', message: expect.stringContaining(message) });
    expect(samples).toHaveLength(at);
  });

  it('of one piece is a whole file, and nothing else', async () => {
    await expect(decode([pcm16(1, 2, 3)])).rejects.toMatchObject({
      code: 'invalid-input',
      message: 'not a WAV file',
    });
  });
});
