/** A pipeline with a stand-in in every stage's place, which needs no model and no code of the user's. */
import type { PortType } from '../../operators/index.ts';
import {
  formatReference,
  type BoundPipeline,
  type BoundStage,
  type Condition,
  type Pipeline,
  type Reference,
  type Sources,
} from '../../pipelines/index.ts';
import type { StageStructure, Structure } from '../../planner/index.ts';
import { itemGates, type ItemGates } from './query-values.ts';
import { code, hiddenInputs, type Part } from './stand-in.ts';

/** No batch of a rehearsal is ever given up: it takes as long as it is told. */
const timeout = 24 * 3_600_000;

const numbers: PortType = { datatype: 'INT32' };
const state: PortType = { datatype: 'INT32', shape: [1] };

const gates: Reference = { kind: 'input', name: 'gates' };

/** A pipeline's own inputs are there from the start, and so is what takes their place. */
const standingIn = (reference: Reference): Reference => (reference.kind === 'input' ? gates : reference);

function all(sources: Readonly<Record<string, Sources>>): Record<string, Sources> {
  return Object.fromEntries(
    Object.entries(sources).map(([name, references]) => [name, references.map(standingIn)]),
  );
}

/** Outputs of each stage that anything names: all that are of account. */
function portsOf({ stages, outputs }: Pipeline): Map<string, Set<string>> {
  const ports = new Map(stages.map(stage => [stage.name, new Set(Object.values(stage.state))]));
  const named = [
    ...Object.values(outputs).flat(),
    ...stages.flatMap(({ inputs, each, when }) => [
      ...Object.values(inputs).flat(),
      ...Object.values(each ?? {}).flat(),
      ...(when?.references ?? []),
    ]),
  ];
  for (const reference of named) {
    if (reference.kind === 'port') ports.get(reference.stage)!.add(reference.port);
  }
  return ports;
}

/** Outputs that are lists, since some stage runs on each of their items. */
function listsOf(structure: Structure): Map<string, Record<string, ItemGates>> {
  const lists = new Map(structure.stages.map(({ name }) => [name, {} as Record<string, ItemGates>]));
  const perItem = new Set(structure.stages.filter(stage => stage.perItem).map(({ name }) => name));
  for (const [index, { each }] of structure.pipeline.stages.entries()) {
    for (const reference of Object.values(each ?? {}).flat()) {
      if (reference.kind !== 'port' || perItem.has(reference.stage)) continue;
      lists.get(reference.stage)![reference.port] = itemGates(structure, structure.stages[index]!.fanOut);
    }
  }
  return lists;
}

/** A condition that reads the stage's gate, and waits for all that the stage's own waits for. */
function gateOf({ each, when }: Pipeline['stages'][number], { index }: StageStructure): Condition {
  const [item] = Object.keys(each ?? {});
  const carrier: Reference = item === undefined ? gates : { kind: 'item', name: item };
  const references = [...(when?.references ?? []).map(standingIn), carrier];
  return {
    expression: `${formatReference(carrier)}[${index}] == 1`,
    references: [...new Map(references.map(reference => [formatReference(reference), reference])).values()],
  };
}

/**
 * The pipeline that is run in a rehearsal. Its stages, what each waits for and where its state goes are those of the
 * pipeline itself; its inputs are `gates` and `items`, as `inputsOf` makes them.
 *
 * @param seed of the sample
 * @param closed numbers of stages without a condition that some queries pass by all the same. They get one, with which
 *   a stage never runs along with another of its group
 */
export function emulatedPipeline(
  structure: Structure,
  seed: number,
  closed: ReadonlySet<number>,
): BoundPipeline {
  const { pipeline } = structure;
  const ports = portsOf(pipeline);
  const lists = listsOf(structure);
  const stages = structure.stages.map((its, index): BoundStage => {
    const stage = pipeline.stages[index]!;
    const outputs = [...ports.get(stage.name)!];
    const part: Part = { seed, index, lists: lists.get(stage.name)!, outputs };
    const [item] = Object.keys(stage.each ?? {});
    return {
      ...stage,
      params: { ...part },
      inputs: {
        ...all(stage.inputs),
        ...(Object.keys(part.lists).length > 0 && {
          [hiddenInputs.items]: [{ kind: 'input', name: 'items' }],
        }),
        ...(item !== undefined && { [hiddenInputs.item]: [{ kind: 'item', name: item }] }),
      },
      outputs: {},
      when: stage.when || closed.has(its.index) ? gateOf(stage, its) : null,
      timeout,
      isolation: 'thread',
      pure: true,
      code,
      ports: {
        inputs: Object.fromEntries(Object.keys(stage.state).map(input => [input, state])),
        outputs: Object.fromEntries(
          outputs.map(port => [port, Object.hasOwn(part.lists, port) ? { ...numbers, list: true } : numbers]),
        ),
      },
      cost: 'heavy',
    };
  });
  return {
    ...pipeline,
    inputs: { gates: { datatype: 'INT32', shape: [-1] }, items: { datatype: 'INT32', shape: [-1] } },
    stages,
    outputs: all(pipeline.outputs),
    outputTypes: Object.fromEntries(Object.keys(pipeline.outputs).map(name => [name, numbers])),
  };
}
