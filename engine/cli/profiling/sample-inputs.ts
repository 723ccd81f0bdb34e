/** Sample inputs for the profiler: those asked for, or the samples beside the pipeline. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { escapePath } from 'tinyglobby';
import { MillraceError } from '../../../operators/index.ts';
import type { BoundPipeline } from '../../../pipelines/index.ts';
import { UsageError } from '../command.ts';
import { readQueries, type QueryInputs } from '../query-inputs.ts';

/** What the help says of them. */
export const sampleRule = `Without --input, the samples are the files beside the pipeline: those in samples/NAME/ for each input NAME, one query
each, paired in the order of their names; or, where the pipeline has one input, those in samples/ itself that are not
JSON. They are read as --input NAME=@FILE reads them.`;

/** Paths of a folder's files in the order of their names; none where there is no such folder. */
async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries
    .filter(entry => entry.isFile() && !entry.name.startsWith('.'))
    .map(({ name }) => join(folder, name))
    .sort();
}

async function samplesOf(
  { inputs, directory }: BoundPipeline,
  name: string,
): Promise<{ folder: string; files: string[] }> {
  const own = join(directory, 'samples', name);
  const files = await filesIn(own);
  if (files.length > 0 || Object.keys(inputs).length > 1) return { folder: own, files };
  const folder = join(directory, 'samples');
  // JSON beside samples describes them.
  return { folder, files: (await filesIn(folder)).filter(file => !file.endsWith('.json')) };
}

/**
 * Reads the sample queries.
 * @param assignments as of `--input`; empty: the samples beside the pipeline
 * @throws UsageError or MillraceError, saying what to do, where there are none or one can't be read
 */
export async function readSamples(
  pipeline: BoundPipeline,
  assignments: readonly string[],
): Promise<QueryInputs[]> {
  if (assignments.length > 0) return readQueries(pipeline.inputs, assignments);
  const names = Object.keys(pipeline.inputs);
  const advice = `give ${names.map(name => `--input ${name}=@FILE`).join(' ')}`;
  const columns: string[][] = [];
  for (const name of names) {
    const { folder, files } = await samplesOf(pipeline, name);
    if (files.length === 0) throw new UsageError(`there are no samples in ${folder}: ${advice}`);
    columns.push(files);
  }
  const count = Math.max(...columns.map(({ length }) => length));
  const odd = columns.findIndex(({ length }) => length !== 1 && length !== count);
  if (odd >= 0) {
    const which = `input "${names[odd]}" has ${columns[odd]!.length} samples and another has ${count}`;
    throw new UsageError(`${which}: ${advice}`);
  }
  try {
    const rows = Array.from({ length: count }, (_, row) =>
      names.map((name, column) => assignmentOf(name, columns[column]![row] ?? columns[column]![0]!)),
    );
    return (await Promise.all(rows.map(row => readQueries(pipeline.inputs, row)))).flat();
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error;
    throw new MillraceError(error.code, `${error.message}; ${advice}`, { cause: error });
  }
}

/** A file, also one whose name would be taken for a pattern. */
function assignmentOf(name: string, file: string): string {
  return `${name}=@${/[*?[{]/.test(file) ? escapePath(file) : file}`;
}
