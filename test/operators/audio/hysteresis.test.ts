import { expect, test } from 'vitest';
import {
  finish,
  initialHysteresis,
  push,
  type HysteresisOptions,
} from '../../../operators/audio/hysteresis.ts';

const options: HysteresisOptions = { threshold: 0.5, release: 0.35, minSpeech: 2, minSilence: 3, pad: 0 };

/** The events of a stream, each with the frame that made it certain. */
function events(probabilities: readonly number[], changes: Partial<HysteresisOptions> = {}) {
  const all = { ...options, ...changes };
  const state = { ...initialHysteresis };
  const told = probabilities.flatMap((probability, frame) => {
    const event = push(state, probability, all);
    return event ? [`${frame}: ${event.type} ${event.at}`] : [];
  });
  return [...told, ...finish(state, all).map(event => `last: ${event.type} ${event.at}`)];
}
const repeat = (probability: number, count: number) => Array<number>(count).fill(probability);

test('tells a start once speech is long enough, and an end once silence is', () => {
  expect(events([0, ...repeat(0.9, 5), ...repeat(0, 6)])).toEqual(['3: start 1', '9: end 6']);
});

test('drops speech that is too short', () => {
  expect(events([0, 0.9, 0.9, ...repeat(0, 6)])).toEqual([]);
  expect(events([0.9, 0.9])).toEqual([]);
});

test('goes on over a silence that is too short', () => {
  expect(events([...repeat(0.9, 4), 0, 0, ...repeat(0.9, 4), ...repeat(0, 4)])).toEqual([
    '2: start 0',
    '13: end 10',
  ]);
});

test('between the thresholds nothing begins and nothing ends', () => {
  expect(events(repeat(0.4, 10))).toEqual([]);
  expect(events([...repeat(0.9, 3), ...repeat(0.4, 10)])).toEqual(['2: start 0', 'last: end 13']);
});

test('ends with the stream', () => {
  expect(events(repeat(0.9, 4))).toEqual(['2: start 0', 'last: end 4']);
});

test('tells a start late where the stream ends first', () => {
  expect(events([0, 0.9, 0, 0, 0.4])).toEqual(['last: start 1', 'last: end 5']);
});

test('pads no further than the frame that ended the speech', () => {
  expect(events([...repeat(0.9, 4), ...repeat(0, 4)], { pad: 9 })).toEqual(['2: start 0', '7: end 8']);
});

test('pads, but neither before the stream nor into the speech before', () => {
  const speech = [...repeat(0.9, 4), ...repeat(0, 4)];
  expect(events([...speech, ...speech], { pad: 0.5 })).toEqual([
    '2: start 0',
    '7: end 4.5',
    '10: start 7.5',
    '15: end 12.5',
  ]);
  expect(events([...speech, ...speech], { pad: 3 }).slice(1, 3)).toEqual(['7: end 7', '10: start 7']);
});
