/** What a bench is, and what the benches share. */
import { fileURLToPath } from 'node:url';

export interface BenchOptions {
  /** A run of seconds, to see that the bench works: its figures mean nothing. */
  quick: boolean;
  /** Milliseconds, for a bench that can be of any length. */
  duration?: number | undefined;
}

export interface Table {
  title: string;
  headings: readonly string[];
  rows: readonly (readonly string[])[];
}

export interface Report {
  /** What `--json` prints. */
  figures: Readonly<Record<string, unknown>>;
  tables: readonly Table[];
}

export type Bench = (options: BenchOptions) => Promise<Report>;

/** A file of the project, by its path from the project's folder; this module runs as `dist/bench/bench.js`. */
export function projectFile(path: string): string {
  return fileURLToPath(new URL(`../../${path}`, import.meta.url));
}
