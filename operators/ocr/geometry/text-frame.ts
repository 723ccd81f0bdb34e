import { quarterTurn } from './min-area-rect.ts';
import type { Rectangle } from './rectangle.ts';

/** Width over height from which a rectangle surely shows which way its text runs. */
const longAspect = 2;
/** Height over width above which a crop would be taken for vertical text. */
const tallAspect = 1.4;

/** The direction in which most of the text runs, either way round: the mean of the long rectangles' doubled angles. */
function mainDirection(rectangles: readonly Rectangle[]): { ux: number; uy: number } {
  let [cos, sin] = [0, 0];
  for (const { ux, uy, width, height } of rectangles) {
    if (width < longAspect * height) continue;
    cos += width * (ux * ux - uy * uy);
    sin += width * 2 * ux * uy;
  }
  const angle = Math.atan2(sin, cos) / 2;
  return forwards({ ux: Math.cos(angle), uy: Math.sin(angle) });
}

/** Of a direction and its opposite, the one in which text is read: to the right, or else downwards. */
function forwards<Direction extends { ux: number; uy: number }>(direction: Direction): Direction {
  const { ux, uy } = direction;
  const backwards = Math.abs(ux) >= Math.abs(uy) ? ux < 0 : uy < 0;
  return backwards ? { ...direction, ux: -ux, uy: -uy } : direction;
}

function medianHeight(rectangles: readonly Rectangle[]): number {
  const heights = rectangles.map(each => each.height).sort((a, b) => a - b);
  return heights[heights.length >> 1] ?? 0;
}

/**
 * Turns rectangles (wide side as width) so that their width runs along their text, as a rectangle alone can't tell:
 * a lone "1" is taller than wide, and nearly square words may lie either way. What is as short as a line is high
 * follows the other text; what is longer across it is vertical text, read downwards. Lone narrow letters are widened
 * until no crop takes them for vertical text. Whether text is upside down is not known yet.
 */
export function intoTextFrame(rectangles: readonly Rectangle[]): Rectangle[] {
  const main = mainDirection(rectangles);
  const lineHeight = medianHeight(rectangles.filter(each => each.width >= longAspect * each.height));
  return rectangles.map(rectangle => {
    const { ux, uy, width, height } = rectangle;
    const along = Math.abs(ux * main.ux + uy * main.uy);
    const across = Math.abs(ux * main.uy - uy * main.ux);
    if (along < across && (width < 1.5 * height || width < 1.5 * lineHeight)) {
      const upright = quarterTurn(rectangle);
      return towards(main, { ...upright, width: Math.max(upright.width, upright.height / tallAspect) });
    }
    return along < across ? forwards(rectangle) : towards(main, rectangle);
  });
}

/** The rectangle, turned by half if that is nearer to the direction `main`. */
function towards(main: { ux: number; uy: number }, rectangle: Rectangle): Rectangle {
  const { ux, uy } = rectangle;
  return ux * main.ux + uy * main.uy >= 0 ? rectangle : { ...rectangle, ux: -ux, uy: -uy };
}
