/** What there is to try a pipeline with, from what its inputs are for. */
import type { PipelineStatus } from '../status.ts';

export type Kind =
  | { kind: 'picture'; drawing: boolean }
  | { kind: 'sound' }
  | { kind: 'pixels'; name: string; width: number; height: number }
  | { kind: 'values' };

/** Pixels of a side at most for a picture that can be drawn by hand. */
const drawable = 64;

export function kindOf({ inputs, edges, stages }: PipelineStatus): Kind {
  const [input, ...others] = Object.entries(inputs);
  if (!input || others.length > 0) return { kind: 'values' };
  const [name, { datatype, shape = [] }] = input;
  const readers = edges.filter(({ from }) => from === null).map(({ to }) => to);
  const operators = stages.filter(stage => readers.includes(stage.name)).map(({ operator }) => operator);
  if (operators.includes('image/decode')) {
    // A pipeline that names what it sees, and finds nothing in it, can be shown a drawing.
    return { kind: 'picture', drawing: stages.every(({ scope }) => scope === 'query') };
  }
  if (operators.includes('audio/decode')) return { kind: 'sound' };
  const [height, width] = shape;
  const isSmall = (size: unknown): size is number => typeof size === 'number' && size > 1 && size <= drawable;
  if (datatype === 'UINT8' && shape.length === 2 && isSmall(width) && isSmall(height)) {
    return { kind: 'pixels', name, width, height };
  }
  return { kind: 'values' };
}
