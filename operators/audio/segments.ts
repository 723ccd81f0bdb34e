import type { XStatic } from 'typebox/schema';
import type { Operator, Outputs } from '../contract.ts';
import { MillraceError } from '../errors.ts';
import { tensor, text, type NumericTensor } from '../tensor.ts';
import { Duration, parseDuration } from '../units.ts';
import {
  finish,
  initialHysteresis,
  push,
  type HysteresisOptions,
  type HysteresisState,
  type SpeechEvent,
} from './hysteresis.ts';

const parameters = {
  type: 'object',
  properties: {
    frame: {
      ...Duration,
      description: 'How long a frame lasts',
      default: '32 ms',
    },
    threshold: {
      type: 'number',
      minimum: 0,
      maximum: 1,
      default: 0.5,
      description: 'Speech begins at a frame of at least this probability',
    },
    release: {
      type: 'number',
      minimum: 0,
      maximum: 1,
      default: 0.35,
      description: 'Speech ends where frames are below this, and none reaches the threshold again',
    },
    'min-speech': {
      ...Duration,
      description: 'Speech that is not longer is dropped',
      default: '250 ms',
    },
    'min-silence': {
      ...Duration,
      description: 'Shorter silence does not end speech',
      default: '100 ms',
    },
    pad: {
      ...Duration,
      description: 'Added before and after speech',
      default: '30 ms',
    },
  },
  additionalProperties: false,
} as const;

type SegmentsParameters = Required<XStatic<typeof parameters>>;

function optionsOf(params: SegmentsParameters): HysteresisOptions {
  const { threshold, release } = params;
  if (release > threshold) {
    throw new MillraceError('invalid-pipeline', `"release" (${release}) is above "threshold" (${threshold})`);
  }
  const frames = (text: string) => parseDuration(text)! / parseDuration(params.frame)!;
  return {
    threshold,
    release,
    minSpeech: frames(params['min-speech']),
    minSilence: frames(params['min-silence']),
    pad: frames(params.pad),
  };
}

/** Frames are counted, not samples, so that FP32 is exact for 2 ** 24 of them: six days of 32 ms each. */
function packState({ frames, start, silence, told, end }: HysteresisState, begun: number): NumericTensor {
  return tensor('FP32', [6], Float32Array.of(frames, start, silence, told ? 1 : 0, end, begun));
}

/** The state of the chunk before and, where a start was told but no end yet, that start; or -1. */
function unpackState(state: NumericTensor | undefined): [HysteresisState, begun: number] {
  if (!state || state.data.length === 0) return [{ ...initialHysteresis }, -1];
  const [frames, start, silence, told, end, begun] = Array.from(state.data as Float32Array) as [
    ...[number, number, number, number, number, number],
  ];
  return [{ frames, start, silence, told: told === 1, end }, begun];
}

export const operator: Operator<SegmentsParameters> = {
  description:
    "Finds where speech begins and ends from the frames' probabilities of speech, across a stream too.",
  params: parameters,
  ports(params) {
    optionsOf(params);
    return {
      inputs: {
        probabilities: {
          datatype: 'FP32',
          shape: [1],
          list: true,
          description: 'One for each frame, in order',
        },
        state: {
          datatype: 'FP32',
          shape: [-1],
          optional: true,
          description: 'State: `state` of the chunk before',
        },
      },
      outputs: {
        segments: {
          datatype: 'BYTES',
          shape: [1],
          content: 'application/json',
          description:
            'What ended within these frames: [{ start, end }], in seconds since the start of the stream',
        },
        events: {
          datatype: 'BYTES',
          shape: [1],
          content: 'application/json',
          description:
            'What became certain within these frames, in its order: [{ type: start | end, at }], in seconds as above',
        },
        state: { datatype: 'FP32', shape: [-1] },
      },
    };
  },
  cost: 'light',
  create(params) {
    const options = optionsOf(params);
    const seconds = (frames: number) => Math.round(frames * parseDuration(params.frame)!) / 1000;

    function segment(
      probabilities: readonly NumericTensor[],
      before: NumericTensor | undefined,
      last: boolean,
    ) {
      if (before && before.data.length !== 0 && before.data.length !== 6) {
        return new MillraceError(
          'invalid-input',
          `"state" holds ${before.data.length} numbers, not 6 or none`,
        );
      }
      const [state, carried] = unpackState(before);
      let begun = carried;
      const segments: { start: number; end: number }[] = [];
      const events: { type: SpeechEvent['type']; at: number }[] = [];
      const take = ({ type, at }: SpeechEvent) => {
        events.push({ type, at: seconds(at) });
        if (type === 'start') begun = at;
        else segments.push({ start: seconds(begun), end: seconds(at) });
      };
      for (const each of probabilities) {
        const event = push(state, Number(each.data[0]), options);
        if (event) take(event);
      }
      if (last) finish(state, options).forEach(take);
      return {
        segments: text(JSON.stringify(segments)),
        events: text(JSON.stringify(events)),
        state: packState(state, begun),
      } satisfies Outputs;
    }

    return {
      run: batch =>
        batch.map(({ inputs, context }) =>
          segment(
            inputs.probabilities as readonly NumericTensor[],
            inputs.state as NumericTensor | undefined,
            context.last,
          ),
        ),
    };
  },
};
