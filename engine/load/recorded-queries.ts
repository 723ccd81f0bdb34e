/** The queries of a recording, to be asked again. */
import { decodeRaw, isDatatype, MillraceError, type Parameters, type Tensor } from '../../operators/index.ts';
import type { RecordedInput, RecordedQuery } from '../../planner/index.ts';
import type { LoadQuery } from './target.ts';

type Inputs = LoadQuery['inputs'];

/** What a query asked for beside its inputs. */
function parametersOf({ timeout, priority }: RecordedQuery): Parameters {
  return {
    ...(timeout !== undefined && { timeout: Math.round(timeout * 1000) }),
    ...(priority !== undefined && { priority }),
  };
}

function tensorOf({ name, datatype, shape, base64 }: RecordedInput, query: number): Tensor {
  try {
    if (!isDatatype(datatype)) throw new MillraceError('invalid-input', `has no datatype "${datatype}"`);
    return decodeRaw(datatype, shape, Buffer.from(base64, 'base64'));
  } catch (error) {
    const why = error instanceof MillraceError ? error.message : String(error);
    throw new MillraceError('invalid-input', `input "${name}" of query ${query} of the recording ${why}`);
  }
}

/**
 * Inputs of each query: its own; where they were not kept, those of the query before it that has some, or else of the
 * first. Null if there are none.
 * @throws MillraceError `invalid-input` for one that is no tensor
 */
export function recordedInputs(queries: readonly RecordedQuery[]): Inputs[] | null {
  const own = queries.map(({ inputs }, query) =>
    inputs ? Object.fromEntries(inputs.map(input => [input.name, tensorOf(input, query)])) : null,
  );
  let like = own.find(inputs => inputs !== null);
  if (!like) return null;
  return own.map(inputs => (like = inputs ?? like!));
}

/** Queries as they were recorded, with their priorities and time limits. @param inputs over and over, if they are fewer */
export function recordedQueries(
  queries: readonly RecordedQuery[],
  inputs: readonly Inputs[],
): (query: number) => LoadQuery {
  const all = queries.map((query, index): LoadQuery => {
    const parameters = parametersOf(query);
    return { inputs: inputs[index % inputs.length]!, parameters };
  });
  return query => all[query]!;
}
