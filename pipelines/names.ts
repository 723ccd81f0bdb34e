/** What may be called how, so that references and CEL expressions can spell it. */

/** CEL's literals. Its other words are fine as names; only a condition can't spell them. */
const literals = ['true', 'false', 'null'];

/** Words of references. */
const roots = ['inputs', 'item'];

/** What every object of JavaScript has: as a key of a record it would be found where it is not. */
const inherited = Object.getOwnPropertyNames(Object.prototype);

/** A stage, or an item under `each`: an identifier of CEL. */
export const stageName = nameBut([...literals, ...roots, ...inherited]);

/** A pipeline's input or output, or an output of a stage: a field of CEL. */
export const fieldName = nameBut([...literals, ...inherited]);

/** A pipeline: part of file names and URLs. */
export const pipelineName = '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$';

function nameBut(words: readonly string[]): string {
  return `^(?!(?:${words.join('|')})$)[A-Za-z_][A-Za-z0-9_]{0,99}$`;
}
