import { mentionsIn } from './condition.ts';
import { placesOf, type Place } from './places.ts';
import { pointer } from './source.ts';
import type { Draft } from './structure.ts';
import { nearest } from './suggest.ts';

/** What the references of a pipeline led to. */
export interface Resolution {
  /** References to something that is there. */
  places: Place[];
  /** Stages and inputs that a misspelt reference probably means. */
  meant: ReadonlySet<string>;
  /** Whether a reference could mean any stage or input: then none can be said to be unused. */
  open: boolean;
}

/** Checks that every reference names an input, a stage or an item that is there. */
export function resolve(draft: Draft): Resolution {
  const meant = new Set<string>();
  let open = false;
  const places = placesOf(draft.pipeline, draft.source).filter(place => {
    const mistake = mistakeAt(place, draft);
    if (!mistake) return true;
    draft.source.mistake(mistake.code, place.span, mistake.message, mistake.suggestion);
    if (mistake.suggestion !== undefined) meant.add(mistake.suggestion);
    else if (mistake.code === 'bad-each' && place.reference.kind === 'input') meant.add(place.reference.name);
    else if (mistake.code === 'unknown-stage' || mistake.code === 'unknown-input') open = true;
    return false;
  });
  for (const stage of draft.pipeline.stages) {
    for (const name of checkBareNames(stage.name, stage.when?.expression, draft)) meant.add(name);
    checkState(stage, draft);
  }
  return { places, meant, open };
}

interface Mistake {
  code: 'unknown-input' | 'unknown-stage' | 'unknown-item' | 'bad-each';
  message: string;
  suggestion?: string | undefined;
}

function mistakeAt(place: Place, draft: Draft): Mistake | null {
  const { reference, stage, role } = place;
  if (role === 'each' && reference.kind !== 'port') {
    const what = reference.kind === 'input' ? `input "${reference.name}"` : 'an item';
    return { code: 'bad-each', message: `${what} is one tensor; each runs over a list that a stage makes` };
  }
  if (reference.kind === 'input') {
    if (draft.inputNames.has(reference.name)) return null;
    const suggestion = nearest(reference.name, draft.inputNames);
    return { code: 'unknown-input', message: `the pipeline has no input "${reference.name}"`, suggestion };
  }
  if (reference.kind === 'port') {
    if (draft.stageNames.has(reference.stage)) return null;
    const suggestion = nearest(reference.stage, [...draft.stageNames, 'inputs', 'item']);
    return { code: 'unknown-stage', message: `there is no stage "${reference.stage}"`, suggestion };
  }
  return unknownItem(reference.name, stage ? Object.keys(stage.each ?? {}) : []);
}

function unknownItem(name: string, items: readonly string[]): Mistake | null {
  if (items.includes(name)) return null;
  if (items.length === 0)
    return { code: 'unknown-item', message: 'there is an item only in a stage with each' };
  if (items[0] === 'item') {
    return {
      code: 'unknown-item',
      message: 'each names one list, so its item is just "item"',
      suggestion: 'item',
    };
  }
  const names = items.map(item => `item.${item}`);
  const suggestion = name === 'item' ? names[0] : nearest(`item.${name}`, names);
  return { code: 'unknown-item', message: `each gives ${names.join(', ')}`, suggestion };
}

/** `when: language` names a stage but none of its outputs. Gives the names that stand alone. */
function checkBareNames(stage: string, expression: string | undefined, draft: Draft): string[] {
  const at = pointer('stages', stage, 'when');
  const bare = expression === undefined ? [] : mentionsIn(expression).filter(({ reference }) => !reference);
  for (const { text, span } of bare) {
    const message = draft.stageNames.has(text)
      ? `"${text}" is a stage; name one of its outputs, as in ${text}.NAME`
      : `"${text}" is no value; write inputs.NAME, STAGE.PORT or item`;
    draft.source.mistake('bad-expression', draft.source.within(at, expression!, span), message);
  }
  return bare.map(({ text }) => text);
}

function checkState({ name, state, inputs }: Draft['pipeline']['stages'][number], { source }: Draft): void {
  for (const input of Object.keys(state)) {
    if (!Object.hasOwn(inputs, input)) continue;
    const key = source.keyOf(pointer('stages', name, 'state', input));
    source.mistake('bad-state', key, `"${input}" is connected under inputs already; a state feeds itself`);
  }
}
