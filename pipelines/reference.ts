import type { Reference } from './types.ts';

/**
 * Parses `inputs.NAME`, `STAGE.PORT`, `item` or `item.NAME`. A model's output names may contain dots, so only the
 * first dot separates.
 */
export function parseReference(text: string): Reference {
  const dot = text.indexOf('.');
  const root = dot < 0 ? text : text.slice(0, dot);
  const name = text.slice(dot + 1);
  if (root === 'inputs') return { kind: 'input', name };
  if (root === 'item') return { kind: 'item', name: dot < 0 ? 'item' : name };
  return { kind: 'port', stage: root, port: name };
}

/** A reference as the pipeline file has it. */
export function formatReference(reference: Reference): string {
  if (reference.kind === 'input') return `inputs.${reference.name}`;
  if (reference.kind === 'port') return `${reference.stage}.${reference.port}`;
  return reference.name === 'item' ? 'item' : `item.${reference.name}`;
}
