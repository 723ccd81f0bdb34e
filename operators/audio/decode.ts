import type { XStatic } from 'typebox/schema';
import type { Operator, Outputs } from '../contract.ts';
import { MillraceError } from '../errors.ts';
import { tensor, type BytesTensor } from '../tensor.ts';
import { Duration, formatDuration, parseDuration } from '../units.ts';
import { parseWav, readSamples } from './wav.ts';

const parameters = {
  type: 'object',
  properties: {
    rate: {
      type: 'integer',
      minimum: 1,
      default: 16000,
      description: 'The sampling rate that a file must have, in Hz',
    },
    'max-duration': {
      ...Duration,
      description: 'A longer file is refused',
      default: '10 min',
    },
  },
  additionalProperties: false,
} as const;

type AudioDecodeParameters = Required<XStatic<typeof parameters>>;

export const operator: Operator<AudioDecodeParameters> = {
  description: 'Reads the samples of a WAV file, several channels mixed into one.',
  params: parameters,
  ports: {
    inputs: { data: { datatype: 'BYTES', shape: [1], description: 'A WAV file' } },
    outputs: { samples: { datatype: 'FP32', shape: ['samples'], description: 'From -1 to 1' } },
  },
  cost: 'light',
  create(params, site) {
    const { rate } = params;
    const limit = parseDuration(params['max-duration'])!;

    function decode(file: Uint8Array): Outputs | Error {
      const wav = parseWav(file);
      if (wav instanceof MillraceError) return wav;
      if (wav.rate !== rate) {
        return new MillraceError(
          'invalid-input',
          `the WAV file has ${wav.rate} samples a second, not the ${rate} that are needed here`,
        );
      }
      const duration = (wav.frames / rate) * 1000;
      if (duration > limit) {
        return new MillraceError(
          'too-large',
          `the WAV file lasts ${formatDuration(duration)}, more than the ${formatDuration(limit)} allowed`,
        );
      }
      const samples = new Float32Array(site.allocate(wav.frames * 4), 0, wav.frames);
      readSamples(wav, samples);
      if (wav.format === 'float' && !samples.every(Number.isFinite)) {
        return new MillraceError('invalid-input', 'the WAV file has a sample that is not a number');
      }
      return { samples: tensor('FP32', [wav.frames], samples) };
    }

    return { run: batch => batch.map(item => decode((item.inputs.data as BytesTensor).data[0]!)) };
  },
};
