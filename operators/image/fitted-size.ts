import { MillraceError } from '../errors.ts';

/** How a picture is to be fitted; sizes are pixels. Either `longest`, or `width` and `height`. */
export interface Fitting {
  longest?: number;
  enlarge: boolean;
  multiple: number;
  width?: number;
  height?: number;
  mode: 'contain' | 'cover' | 'fill';
}

/** What to do to a picture: scale it to `scaled`, of which the result shows `shown`, and pad that to `result`. */
export interface Fitted {
  scaled: Size;
  /** The part of `scaled` that is kept; smaller than `scaled` only under `cover`, and taken from its middle. */
  shown: Size;
  /** The size of the result; larger than `shown` only under `contain`, to the right and below. */
  result: Size;
}

interface Size {
  width: number;
  height: number;
}

/** Refuses parameters that contradict each other. @throws MillraceError `invalid-pipeline` */
export function checkFitting({ longest, width, height }: Fitting): void {
  const sides = [width, height].filter(side => side !== undefined).length;
  if (longest === undefined ? sides !== 2 : sides !== 0) {
    throw new MillraceError('invalid-pipeline', 'give either "longest", or both "width" and "height"');
  }
}

const whole = (length: number) => Math.max(1, Math.round(length));

/** The sizes that `fitting` asks for, given a picture of `width` x `height` pixels. */
export function fittedSize(width: number, height: number, fitting: Fitting): Fitted {
  if (fitting.longest !== undefined) {
    const factor = fitting.longest / Math.max(width, height);
    const scale = fitting.enlarge ? factor : Math.min(factor, 1);
    // Rounded by stretching: a border would show the model an edge that is not in the picture.
    const rounded = (length: number) => fitting.multiple * whole((length * scale) / fitting.multiple);
    const size = { width: rounded(width), height: rounded(height) };
    return { scaled: size, shown: size, result: size };
  }
  const result = { width: fitting.width!, height: fitting.height! };
  if (fitting.mode === 'fill') return { scaled: result, shown: result, result };
  const factors = [result.width / width, result.height / height];
  const scale = fitting.mode === 'contain' ? Math.min(...factors) : Math.max(...factors);
  const scaled = { width: whole(width * scale), height: whole(height * scale) };
  const shown = {
    width: Math.min(scaled.width, result.width),
    height: Math.min(scaled.height, result.height),
  };
  return { scaled, shown, result };
}
