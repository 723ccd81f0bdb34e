/** Small pieces of YAML in the style of pipeline files: maps and lists in one line while they fit. */
import { parse } from 'yaml';

const longestLine = 100;

/** A scalar, quoted only where YAML would take it for something else, within a map or list of one line too. */
export function scalarText(value: string | number | boolean): string {
  if (typeof value !== 'string') return String(value);
  // JSON's quoting is YAML's too.
  return /^[\w./-][\w./@+: -]*$/.test(value) && parse(value) === value ? value : JSON.stringify(value);
}

/** A value in one line. */
export function flowText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flowText).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return scalarText(value as string | number | boolean);
  const entries = Object.entries(value).map(([key, inner]) => `${scalarText(key)}: ${flowText(inner)}`);
  return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
}

/** `key: value` on lines of its own: in one if the value is short, or else an entry a line. */
export function entryText(indent: number, key: string, value: unknown, comment = ''): string {
  const margin = ' '.repeat(indent);
  const note = comment === '' ? '' : `${margin}# ${comment}\n`;
  const line = `${margin}${scalarText(key)}: ${flowText(value)}`;
  if (line.length <= longestLine || typeof value !== 'object' || value === null || Array.isArray(value)) {
    return `${note}${line}\n`;
  }
  const entries = Object.entries(value).map(([inner, item]) => entryText(indent + 2, inner, item));
  return `${note}${margin}${scalarText(key)}:\n${entries.join('')}`;
}
