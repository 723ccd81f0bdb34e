import { expect, it } from 'vitest';
import { linesRight } from '../../../bench/ocr/text.ts';

it('takes a line for right if only the width of its spaces differs', () => {
  const lines = ['Reading room notice', 'Opening hours: 10:00 to 18:30', 'Keep food and drink outside'];
  expect(linesRight(lines, ['Reading  room notice ', 'opening hours: 10:00 to 18:30', lines[2]!])).toBe(2);
});

it('counts a line as often as it was read', () => {
  expect(linesRight(['2 rolls', '2 rolls'], ['2 rolls'])).toBe(1);
});
