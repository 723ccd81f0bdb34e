import type { Dimension } from '../../../operators/index.ts';

/** Whether a model leaves a size open, named or not. */
export function isFree(size: Dimension | undefined): boolean {
  return typeof size === 'string' || (typeof size === 'number' && size < 0);
}

/** A size as a pipeline file has it: names that it can't spell are left out. */
export function fileSize(size: Dimension): Dimension {
  if (typeof size === 'number') return Math.max(size, -1);
  return /^[A-Za-z_]\w*$/.test(size) ? size : -1;
}
