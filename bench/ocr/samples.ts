/** The sample pictures of the OCR pipeline and what is written on them. */
import { readFileSync } from 'node:fs';
import { projectFile } from '../bench.ts';

const folder = projectFile('pipelines/ocr/samples/');

/** The lines of each sample picture, by its file's name. */
export const truth = JSON.parse(readFileSync(`${folder}truth.json`, 'utf8')) as Record<string, string[]>;

export function picturePath(name: string): string {
  return folder + name;
}
