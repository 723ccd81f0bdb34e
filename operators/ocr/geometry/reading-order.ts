import type { Rectangle } from './rectangle.ts';

/** What a box spans in the text's own frame: `along` its lines and `down` the page. */
interface Placed {
  index: number;
  along: number;
  down: number;
  /** Half its height. */
  half: number;
}

interface Line {
  boxes: Placed[];
  down: number;
  half: number;
}

/** The direction of all lines together: the mean of the boxes' directions, wide ones counting for more. */
function mainDirection(boxes: readonly Rectangle[]): readonly [number, number] {
  let [x, y] = [0, 0];
  for (const { ux, uy, width } of boxes) {
    x += ux * width;
    y += uy * width;
  }
  const length = Math.hypot(x, y);
  return length > 0 ? [x / length, y / length] : [1, 0];
}

/** Whether the shorter of the two is covered by the other for more than half of its height. */
function onLine(line: Line, box: Placed): boolean {
  const overlap =
    Math.min(line.down + line.half, box.down + box.half) -
    Math.max(line.down - line.half, box.down - box.half);
  return overlap > Math.min(line.half, box.half);
}

/**
 * The order in which boxes are read: lines from top to bottom and from left to right within a line, in the frame of
 * the text, which may lie at any angle and is upside down where `upsideDown` says so. Boxes share a line where they
 * overlap by more than half down the page. Columns are not told apart.
 */
export function readingOrder(boxes: readonly Rectangle[], upsideDown = false): number[] {
  const [x, y] = mainDirection(boxes);
  const [ux, uy] = upsideDown ? [-x, -y] : [x, y];
  const placed = boxes.map((box, index): Placed => {
    const lengthwise = Math.abs(box.ux * ux + box.uy * uy) >= Math.abs(box.ux * uy - box.uy * ux);
    return {
      index,
      along: box.x * ux + box.y * uy,
      down: box.y * ux - box.x * uy,
      half: (lengthwise ? box.height : box.width) / 2,
    };
  });
  const lines: Line[] = [];
  for (const box of placed.sort((a, b) => a.down - b.down)) {
    const line = lines.findLast(each => onLine(each, box));
    if (!line) {
      lines.push({ boxes: [box], down: box.down, half: box.half });
      continue;
    }
    line.boxes.push(box);
    // The mean of its boxes, so that a line neither drifts nor grows into the next one.
    line.down += (box.down - line.down) / line.boxes.length;
    line.half += (box.half - line.half) / line.boxes.length;
  }
  lines.sort((a, b) => a.down - b.down);
  return lines.flatMap(line => line.boxes.sort((a, b) => a.along - b.along).map(box => box.index));
}
