import type { PortType, Ports } from '../operators/index.ts';
import { formatReference } from './reference.ts';
import type { Place } from './places.ts';
import { describeType, learnSizes, mismatch, withSizes, type Sizes } from './port-type.ts';
import type { PortTypes } from './port-types.ts';
import { pointer } from './source.ts';
import type { Draft } from './structure.ts';
import { nearest } from './suggest.ts';
import type { Stage } from './types.ts';

interface Connection {
  stage: Stage;
  /** As the operator declares them. */
  ports: Ports;
  /** References of the stage to outputs that are there. */
  places: readonly Place[];
  /** What is known of the stages before; the stage's own outputs are added. */
  types: PortTypes;
  draft: Draft;
}

/** Checks all that feeds a stage. Gives the types of its outputs, under our names. */
export function connectStage(connection: Connection): Record<string, PortType> {
  const { stage, places, types, draft } = connection;
  for (const place of places) if (place.role === 'each') checkEach(place, connection);
  checkNames(connection);
  const sizes: Sizes = new Map();
  for (const name of Object.keys(stage.inputs)) {
    const wanted = inputOf(connection.ports, name);
    if (!wanted) continue;
    for (const place of places) {
      if (place.role === 'input' && place.name === name) checkEdge(place, wanted, sizes, connection);
    }
    const given = types.ofSources(stage.inputs[name]!, stage);
    if (given) learnSizes(wanted, given, sizes);
  }
  const outputs = outputTypes(connection, sizes);
  for (const [name, type] of outputs) if (type) types.set(stage.name, name, type);
  checkState(connection, draft);
  return Object.fromEntries([...outputs].map(([name, type]) => [name, type ?? { datatype: 'ANY' }]));
}

function checkEach({ reference, span }: Place, { types, draft: { source } }: Connection): void {
  if (reference.kind !== 'port') return;
  const type = types.ofOneRun(reference);
  if (!type || types.checkNesting(reference, null, span, source)) return;
  if (type.list || types.stage(reference.stage)?.each) return;
  const message = `${formatReference(reference)} is one tensor, ${describeType(type)}; each runs over a list`;
  source.mistake('bad-each', span, message);
}

function checkNames({ stage, ports, draft: { source } }: Connection): void {
  const at = pointer('stages', stage.name);
  const given = Object.keys((source.valueAt(`${at}/inputs`) ?? {}) as object);
  const unknown = given.filter(name => !inputOf(ports, name));
  for (const name of unknown) {
    const open = Object.keys(ports.inputs).filter(port => !given.includes(port));
    const near = nearest(name, open);
    const message = `operator "${stage.operator}" has no input "${name}"`;
    const hint = near === undefined && open.length > 0 ? `; it takes "${open.join('", "')}"` : '';
    source.mistake(
      'unknown-operator-input',
      source.keyOf(at + pointer('inputs', name)),
      message + hint,
      near,
    );
  }
  // A misspelt name leaves another input open: one mistake, not two.
  if (unknown.length > 0) return;
  for (const [name, port] of Object.entries(ports.inputs)) {
    if (name === '*' || port.optional || given.includes(name) || Object.hasOwn(stage.state, name)) continue;
    const message = `stage "${stage.name}" lacks input "${name}", ${describeType(port)}`;
    source.mistake('missing-input', source.keyOf(`${at}/inputs`), message);
  }
}

function checkEdge(
  place: Place,
  wanted: PortType,
  sizes: Sizes,
  { stage, types, draft: { source } }: Connection,
): void {
  const { reference, span } = place;
  if (types.checkNesting(reference, stage, span, source)) return;
  const given = types.of(reference, stage);
  const found = given && mismatch(wanted, given, sizes);
  if (found)
    source.mistake(found.code, span, `input "${place.name}" of stage "${stage.name}" ${found.message}`);
}

function outputTypes({ stage, ports, types }: Connection, sizes: Sizes): Map<string, PortType | undefined> {
  const names = types.namesOf(stage.name) ?? new Map<string, string | null>();
  return new Map(
    [...names].map(([name, port]) => {
      const declared = port === null ? undefined : ports.outputs[port];
      if (declared?.like === undefined) return [name, declared && withSizes(declared, sizes)];
      const { like, datatype: _, ...rest } = declared;
      const given = types.ofSources(stage.inputs[like] ?? [], stage);
      // What the output says itself, such as being a list, goes before what its source is.
      return [name, given && { ...given, ...rest }];
    }),
  );
}

function checkState({ stage, ports, types }: Connection, { source }: Draft): void {
  const outputs = types.namesOf(stage.name);
  for (const [input, output] of Object.entries(stage.state)) {
    const at = pointer('stages', stage.name, 'state', input);
    const wanted = Object.hasOwn(ports.inputs, input) ? ports.inputs[input] : undefined;
    if (!wanted) {
      const suggestion = nearest(input, Object.keys(ports.inputs));
      source.mistake(
        'bad-state',
        source.keyOf(at),
        `operator "${stage.operator}" has no input "${input}"`,
        suggestion,
      );
    }
    if (outputs && !outputs.has(output)) {
      const suggestion = nearest(output, outputs.keys());
      source.mistake(
        'bad-state',
        source.spanOf(at),
        `stage "${stage.name}" has no output "${output}"`,
        suggestion,
      );
    }
    const given = types.ofOneRun({ kind: 'port', stage: stage.name, port: output });
    if (!wanted || !given) continue;
    if (wanted.list || given.list) {
      source.mistake('bad-state', source.spanOf(at), 'a list can be no state');
    } else if (mismatch(wanted, given, new Map())) {
      const types = `"${input}" is ${describeType(wanted)} and "${output}" is ${describeType(given)}`;
      source.mistake('bad-state', source.spanOf(at), `${types}; a state must be of one type`);
    }
  }
}

/** The declaration of an operator's input; `*` stands for any that is not declared. */
function inputOf({ inputs }: Ports, name: string): PortType | undefined {
  if (Object.hasOwn(inputs, name)) return inputs[name];
  return Object.hasOwn(inputs, '*') ? inputs['*'] : undefined;
}
