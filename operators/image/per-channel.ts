import { MillraceError } from '../errors.ts';

/** Schema of a parameter that is one number, or one for each channel. */
export const PerChannel = {
  anyOf: [{ type: 'number' }, { type: 'array', items: { type: 'number' }, minItems: 1 }],
} as const;

/**
 * `value` for each of `channels` channels.
 * @throws MillraceError `invalid-pipeline` if it is a list of another length
 */
function perChannel(value: number | readonly number[], channels: number, name: string): number[] {
  if (typeof value === 'number') return Array.from({ length: channels }, () => value);
  if (value.length === channels) return [...value];
  throw new MillraceError(
    'invalid-pipeline',
    `"${name}" has ${value.length} numbers, but the picture has ${channels} channels`,
  );
}

/** `y = x * factor + offset` for each channel, which is `y = (x * scale - mean) / std`. */
export interface Affine {
  factor: number[];
  offset: number[];
}

/** @throws MillraceError `invalid-pipeline` for a list of another length than `channels`, or a `std` of 0 */
export function normalisation(
  params: { mean: number | readonly number[]; std: number | readonly number[]; scale: number },
  channels: number,
): Affine {
  const mean = perChannel(params.mean, channels, 'mean');
  const std = perChannel(params.std, channels, 'std');
  if (std.includes(0))
    throw new MillraceError('invalid-pipeline', '"std" is 0, by which nothing can be divided');
  return { factor: std.map(each => params.scale / each), offset: std.map((each, i) => -mean[i]! / each) };
}
