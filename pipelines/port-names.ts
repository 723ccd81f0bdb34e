import type { Ports } from '../operators/index.ts';
import type { Place } from './places.ts';
import type { PortTypes } from './port-types.ts';
import { pointer, type SourceFile } from './source.ts';
import type { Draft } from './structure.ts';
import { nearest } from './suggest.ts';
import type { Pipeline, Stage } from './types.ts';

/**
 * Our names of a stage's outputs, each with the operator's, null where a mistake hides it. An output that is renamed
 * loses its own name. Null if the renames could not be read.
 */
export function namesOfOutputs(stage: Stage, ports: Ports, draft: Draft): Map<string, string | null> | null {
  const at = pointer('stages', stage.name, 'outputs');
  if (!draft.usable(at)) return null;
  const { source } = draft;
  const renamed = new Set(Object.values(stage.outputs));
  const kept = Object.keys(ports.outputs).filter(port => !renamed.has(port));
  const names = new Map<string, string | null>(kept.map(port => [port, port]));
  for (const [name, port] of Object.entries(stage.outputs)) {
    const place = at + pointer(name);
    const exists = Object.hasOwn(ports.outputs, port);
    if (!exists) {
      const suggestion = nearest(port, Object.keys(ports.outputs));
      source.mistake(
        'unknown-port',
        source.spanOf(place),
        `the operator has no output "${port}"`,
        suggestion,
      );
    } else if (kept.includes(name)) {
      source.mistake(
        'bad-name',
        source.keyOf(place),
        `the operator has another output "${name}"; choose another name`,
      );
    }
    names.set(name, exists ? port : null);
  }
  return names;
}

/** Reports references to outputs that stages do not have. Gives the other places. */
export function checkPorts(
  places: readonly Place[],
  types: PortTypes,
  pipeline: Pipeline,
  source: SourceFile,
): Place[] {
  return places.filter(({ reference, span }) => {
    if (reference.kind !== 'port') return true;
    const names = types.namesOf(reference.stage);
    if (!names || names.has(reference.port)) return true;
    const stage = pipeline.stages.find(({ name }) => name === reference.stage);
    const renamed = Object.entries(stage?.outputs ?? {}).find(([, port]) => port === reference.port);
    const near = renamed?.[0] ?? nearest(reference.port, names.keys());
    const known = [...names.keys()].map(name => `"${name}"`).join(', ') || 'none';
    const message = `stage "${reference.stage}" has no output "${reference.port}"`;
    source.mistake('unknown-port', span, near === undefined ? `${message}; it has ${known}` : message, near);
    return false;
  });
}
