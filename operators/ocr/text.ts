import { readFile } from 'node:fs/promises';
import type { XStatic } from 'typebox/schema';
import type { Operator, Outputs } from '../contract.ts';
import { MillraceError } from '../errors.ts';
import { float, text, type NumericTensor } from '../tensor.ts';
import { decodeCtc } from './ctc.ts';

const parameters = {
  type: 'object',
  required: ['keys'],
  properties: {
    keys: {
      type: 'string',
      format: 'file',
      description:
        'The characters, one a line, of class 1 and up; class 0 is the blank, the last class the space',
    },
  },
  additionalProperties: false,
} as const;

type TextParameters = XStatic<typeof parameters>;

/**
 * The character of each class. Lines are taken as they are, since white space may be a character of its own; only
 * the end of the last line, and carriage returns, are the file's and not a character's.
 */
export function charactersOf(keys: string): string[] {
  const lines = keys.replace(/^\uFEFF/, '').split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  return ['', ...lines, ' '];
}

export const operator: Operator<TextParameters> = {
  description: "Spells out a text recogniser's output (greedy CTC decoding).",
  params: parameters,
  ports: {
    inputs: {
      characters: {
        datatype: 'FP32',
        shape: ['steps', 'classes'],
        description: 'Probability of each class at each step across the line',
      },
    },
    outputs: {
      text: { datatype: 'BYTES', shape: [1] },
      score: {
        datatype: 'FP32',
        shape: [1],
        description: 'Mean probability of the characters; 0 without any',
      },
    },
  },
  cost: 'light',
  async create({ keys }) {
    const alphabet = charactersOf(await readFile(keys, 'utf8'));

    function spell(characters: NumericTensor): Outputs | Error {
      const [steps, classes] = characters.shape as [number, number];
      if (classes !== alphabet.length) {
        return new MillraceError(
          'stage-failed',
          `the model has ${classes} classes, but its keys file makes ${alphabet.length}: ` +
            `a blank, ${alphabet.length - 2} lines and a space`,
        );
      }
      const spelling = decodeCtc(characters.data as Float32Array, steps, alphabet);
      return { text: text(spelling.text.trim()), score: float(spelling.score) };
    }

    return { run: batch => batch.map(item => spell(item.inputs.characters as NumericTensor)) };
  },
};
