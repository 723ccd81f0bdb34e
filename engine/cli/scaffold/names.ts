/** Names for what is scaffolded: those that are typed, and those made of a model's. */
import { UsageError } from '../command.ts';

/** What can be a file's name, part of a URL and a pipeline's name everywhere. */
const fileName = /^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/;

/** The one NAME among the arguments. @throws UsageError if there is none, several, or one that can be no file's name */
export function nameArgument(command: string, positionals: readonly string[]): string {
  const [name, ...others] = positionals;
  if (name === undefined || others.length > 0) throw new UsageError(`${command} takes one NAME`);
  if (fileName.test(name)) return name;
  const spelt = name
    .replace(/\.[a-z]+$/, '')
    .replaceAll(/[^A-Za-z0-9_-]+/g, '-')
    .replace(/^[-_]+|-+$/g, '');
  const hint = fileName.test(spelt) ? `; did you mean "${spelt}"?` : '';
  throw new UsageError(
    `"${name}" is no name: letters, digits, _ and -, and no path (for that there is --dir)${hint}`,
  );
}

/** Words that expressions give a meaning to, so that no field may be called so. */
const words = new Set(['in', 'true', 'false', 'null']);

function isField(name: string): boolean {
  // What every object inherits would be found in a record where it is not.
  return /^[A-Za-z_]\w{0,99}$/.test(name) && !words.has(name) && !(name in {});
}

/**
 * Pipeline names for a model's names: each as it is, if references and expressions can spell it, or else the nearest
 * that they can. `kind` (`input`, `output`) goes before what would start with a digit.
 */
export function pipelineNames(names: readonly string[], kind: string): Map<string, string> {
  const given = new Map<string, string>(names.filter(isField).map(name => [name, name]));
  const taken = new Set(given.values());
  for (const name of names) {
    if (given.has(name)) continue;
    const spelt = name
      .replaceAll(/\W+/g, '_')
      .replaceAll(/^_+|_+$/g, '')
      .slice(0, 80);
    const stem = isField(spelt) ? spelt : `${kind}_${spelt}`.replace(/_$/, '');
    let free = stem;
    for (let count = 2; taken.has(free); count++) free = `${stem}_${count}`;
    taken.add(free);
    given.set(name, free);
  }
  return given;
}
