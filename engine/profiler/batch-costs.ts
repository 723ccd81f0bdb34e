/** What the main thread takes for a batch, and for each item of it, from what it took under several loads. */

/** What ran while the main thread worked for so many milliseconds. */
export interface Load {
  queries: number;
  batches: number;
  items: number;
  time: number;
}

/** Main-thread milliseconds. */
export interface BatchCosts {
  hop: number;
  item: number;
}

/**
 * The costs that come nearest to what was measured, none below 0: those of the least squares of relative errors.
 * @param loads at least one, each with batches and time
 * @param query milliseconds of a query
 */
export function costsOf(loads: readonly Load[], query: number): BatchCosts {
  // Each load relative to its time: what batch x hop + item x items should be 1 of.
  const rows = loads.map(({ queries, batches, items, time }) => {
    const rest = Math.max(0, time - queries * query) / time;
    return { batch: batches / time, item: items / time, rest };
  });
  const dot = (a: 'batch' | 'item' | 'rest', b: 'batch' | 'item' | 'rest') =>
    rows.reduce((sum, row) => sum + row[a] * row[b], 0);
  const [bb, bi, ii] = [dot('batch', 'batch'), dot('batch', 'item'), dot('item', 'item')];
  const [br, ir] = [dot('batch', 'rest'), dot('item', 'rest')];
  const determinant = bb * ii - bi * bi;
  // Batches that all have as many items can't tell: it is theirs, then.
  if (determinant <= 1e-6 * bb * ii) return { hop: br / bb, item: 0 };
  const hop = (br * ii - ir * bi) / determinant;
  const item = (ir * bb - br * bi) / determinant;
  if (hop < 0) return { hop: 0, item: ir / ii };
  if (item < 0) return { hop: br / bb, item: 0 };
  return { hop, item };
}
