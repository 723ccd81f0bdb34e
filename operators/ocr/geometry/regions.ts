/** A connected region of a heatmap. Row `i` of it is row `top + i` of the heatmap. */
export interface Region {
  top: number;
  /** First column of each row. */
  left: number[];
  /** One past the last column of each row. */
  right: number[];
  /** Number of pixels. */
  pixels: number;
  /** Sum of the heatmap over those pixels. */
  sum: number;
}

/** The stretches of a row above the threshold, in reading order; `parent` points towards the first of a region. */
interface Runs {
  row: number[];
  from: number[];
  to: number[];
  sum: number[];
  parent: number[];
}

function root(parent: number[], run: number): number {
  while (parent[run] !== run) {
    // Halves the path, so that later walks are short.
    parent[run] = parent[parent[run]!]!;
    run = parent[run]!;
  }
  return run;
}

function findRuns(heatmap: Float32Array, width: number, row: number, threshold: number, runs: Runs): void {
  const end = (row + 1) * width;
  for (let i = row * width; i < end; i++) {
    if (!(heatmap[i]! > threshold)) continue;
    const from = i;
    let sum = 0;
    for (; i < end && heatmap[i]! > threshold; i++) sum += heatmap[i]!;
    runs.parent.push(runs.row.length);
    runs.row.push(row);
    runs.from.push(from - row * width);
    runs.to.push(i - row * width);
    runs.sum.push(sum);
  }
}

/** Joins the runs from `middle` to `end` with those of the row above, from `start` to `middle`, that they touch. */
function joinRows({ from, to, parent }: Runs, start: number, middle: number, end: number): void {
  for (let above = start, run = middle; above < middle && run < end;) {
    // Ends are exclusive, so `>=` and `<=` let corners touch too.
    if (to[above]! >= from[run]! && from[above]! <= to[run]!) {
      const first = root(parent, above);
      const second = root(parent, run);
      parent[Math.max(first, second)] = Math.min(first, second);
    }
    if (to[above]! < to[run]!) above++;
    else run++;
  }
}

/**
 * The regions of a heatmap (row-major, `width` x `height`) above `threshold`, whose pixels touch along a side or at
 * a corner, from top to bottom. Run-based labelling: stretches of rows are joined, not single pixels.
 */
export function findRegions(
  heatmap: Float32Array,
  width: number,
  height: number,
  threshold: number,
): Region[] {
  const runs: Runs = { row: [], from: [], to: [], sum: [], parent: [] };
  for (let row = 0, start = 0, middle = 0; row < height; row++) {
    findRuns(heatmap, width, row, threshold, runs);
    joinRows(runs, start, middle, runs.row.length);
    start = middle;
    middle = runs.row.length;
  }
  const regions = new Map<number, Region>();
  for (let run = 0; run < runs.row.length; run++) {
    const first = root(runs.parent, run);
    const [row, from, to] = [runs.row[run]!, runs.from[run]!, runs.to[run]!];
    let region = regions.get(first);
    if (!region) regions.set(first, (region = { top: row, left: [], right: [], pixels: 0, sum: 0 }));
    const i = row - region.top;
    region.left[i] = Math.min(region.left[i] ?? from, from);
    region.right[i] = Math.max(region.right[i] ?? to, to);
    region.pixels += to - from;
    region.sum += runs.sum[run]!;
  }
  return [...regions.values()];
}

/**
 * The corners of each row of a region, as x, y pairs in pixels times `scaleX`, `scaleY`. A pixel covers the square
 * from its column and row to the next, so that these enclose what the region covers.
 */
export function outline(region: Region, scaleX: number, scaleY: number): Float64Array {
  const points = new Float64Array(region.left.length * 8);
  for (let i = 0, at = 0; i < region.left.length; i++) {
    for (const x of [region.left[i]! * scaleX, region.right[i]! * scaleX]) {
      for (const y of [(region.top + i) * scaleY, (region.top + i + 1) * scaleY]) {
        points[at++] = x;
        points[at++] = y;
      }
    }
  }
  return points;
}
