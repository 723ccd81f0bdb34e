import type { XStatic } from 'typebox/schema';
import type { Item, Operator, Outputs } from '../contract.ts';
import { MillraceError } from '../errors.ts';
import { tensor, type BytesTensor, type NumericTensor } from '../tensor.ts';
import { Duration, formatDuration, parseDuration } from '../units.ts';
import { feed, packStream, unpackStream } from './stream.ts';
import { invalid, parseWav, readSamples, type Samples } from './wav.ts';

const parameters = {
  type: 'object',
  properties: {
    rate: {
      type: 'integer',
      minimum: 1,
      default: 16000,
      description: 'The sampling rate that a file must have, and that bare PCM is taken to have, in Hz',
    },
    'max-duration': {
      ...Duration,
      description: 'A longer file is refused, and so is a longer piece of a stream',
      default: '10 min',
    },
  },
  additionalProperties: false,
} as const;

type AudioDecodeParameters = Required<XStatic<typeof parameters>>;

/**
 * With `state` carried, a sequence is a stream of sound: a WAV file or bare PCM (16 bits, little-endian, one channel) cut
 * into pieces anywhere, or pieces that are WAV files each. What is not part of a sequence is a whole WAV file.
 */
export const operator: Operator<AudioDecodeParameters> = {
  description: 'Reads the samples of a WAV file or of a stream in pieces, several channels mixed into one.',
  params: parameters,
  ports: {
    inputs: {
      data: { datatype: 'BYTES', shape: [1], description: 'A WAV file, or the next piece of a stream' },
      state: {
        datatype: 'FP64',
        shape: [-1],
        optional: true,
        description: 'State: `state` of the piece before',
      },
    },
    outputs: {
      samples: { datatype: 'FP32', shape: ['samples'], description: 'From -1 to 1' },
      state: {
        datatype: 'FP64',
        shape: [-1],
        description: 'Where in the file the stream is, and the bytes of a head or a sample begun',
      },
    },
  },
  cost: 'light',
  create(params, site) {
    const { rate } = params;
    const limit = parseDuration(params['max-duration'])!;

    /** The samples of a piece, and the state after it. */
    function read(piece: Uint8Array, state: Float64Array, last: boolean): [Samples, Float64Array] {
      if (last && state.length === 0) return [parseWav(piece), state];
      const fed = feed(unpackStream(state, rate), piece, last);
      return [fed.samples, packStream(fed.state)];
    }

    function decode(piece: Uint8Array, before: Float64Array, last: boolean): Outputs {
      const [sound, state] = read(piece, before, last);
      const { encoding, frames } = sound;
      if (encoding.rate !== rate) {
        throw invalid(
          `the WAV file has ${encoding.rate} samples a second, not the ${rate} that are needed here`,
        );
      }
      const duration = (frames / rate) * 1000;
      if (duration > limit) {
        const what = last && before.length === 0 ? 'WAV file' : 'piece';
        throw new MillraceError(
          'too-large',
          `the ${what} lasts ${formatDuration(duration)}, more than the ${formatDuration(limit)} allowed`,
        );
      }
      const samples = new Float32Array(site.allocate(frames * 4), 0, frames);
      readSamples(sound, samples);
      if (encoding.format === 'float' && !samples.every(Number.isFinite)) {
        throw invalid('the WAV file has a sample that is not a number');
      }
      return {
        samples: tensor('FP32', [frames], samples),
        state: tensor('FP64', [state.length], state),
      };
    }

    function result({ inputs, context }: Item): Outputs | Error {
      const state = inputs['state'] as NumericTensor | undefined;
      const before = (state?.data ?? new Float64Array(0)) as Float64Array;
      try {
        return decode((inputs['data'] as BytesTensor).data[0]!, before, context.last);
      } catch (error) {
        if (error instanceof MillraceError) return error;
        throw error;
      }
    }

    return { run: batch => batch.map(result) };
  },
};
