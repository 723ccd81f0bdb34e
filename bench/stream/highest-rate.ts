/** The highest rate that a server holds. */
import { load } from './processes.ts';

export interface RateSearch {
  url: string;
  /** `--input` of the load. */
  input: string;
  /** Queries per second to begin with. */
  from: number;
  seconds: number;
  /** Steps of the search between what is held and what is not. */
  steps: number;
}

const connections = 16;
/** Share of the queries that must be answered, and the latency that 99 % of them may take, in milliseconds. */
const needed = { answered: 0.999, p99: 50 };

async function holds({ url, input, seconds }: RateSearch, rate: number): Promise<boolean> {
  const args = ['--rate', String(rate), '--duration', `${seconds} s`, '--warm-up', `${seconds / 4} s`];
  const result = await load(url, [...args, '--connections', String(connections), '--input', input]);
  return result.answered >= needed.answered * result.sent && result.latency.p99 <= needed.p99;
}

/**
 * The highest offered rate, in queries per second, of which 99.9 % are answered, 99 % of them within 50 ms. It is doubled
 * until it is too much, then narrowed.
 */
export async function highestRate(search: RateSearch): Promise<number> {
  let [low, high] = [0, search.from];
  while (await holds(search, high)) [low, high] = [high, high * 2];
  if (low === 0) {
    low = high / 16;
    if (!(await holds(search, low))) return 0;
  }
  for (let step = 0; step < search.steps; step++) {
    const middle = Math.round(Math.sqrt(low * high));
    if (await holds(search, middle)) low = middle;
    else high = middle;
  }
  return low;
}
