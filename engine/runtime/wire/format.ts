/**
 * How batches and results go from thread to thread. Cloning an object per item and a typed array per value takes
 * longer than a small model runs, so all shapes and numbers of a message go as one array, and all small values as one
 * buffer.
 */
import { datatypes, type Datatype } from '../../../operators/index.ts';

/** A message: numbers, small values, shared memory, anything else. What there is none of is 0. */
export type Wire = [
  layout: number[],
  small: ArrayBufferLike | 0,
  shared: SharedArrayBuffer[] | 0,
  extra: unknown,
];

/** A datatype's number in a layout is its place in `datatypes`; a list's comes after them. */
export const listCode = datatypes.length;
export const datatypeCodes: ReadonlyMap<Datatype, number> = new Map(
  datatypes.map((datatype, code) => [datatype, code]),
);

/** The place that stands for the buffer of small values. */
export const inSmall = -1;

/** Small values begin at multiples of this, so that any typed array can look at them. */
export const alignment = 8;
