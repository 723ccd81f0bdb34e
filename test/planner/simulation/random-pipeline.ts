/** Small random pipelines of timed stages: chains, branches, joins, fan-outs, zips and state. */
import * as fc from 'fast-check';
import type { GeneratorValue } from 'fast-check';
import type { Operator } from '../../../operators/index.ts';
import { checkText, type BoundPipeline, type BoundStage } from '../../../pipelines/index.ts';
import { timed, type TimedParams } from './timed.ts';

export const mostBatch = 4;

/** A stage as the pipeline file has it. */
export interface RandomStage {
  name: string;
  each?: string | string[] | Record<string, string>;
  inputs: Record<string, string | string[]>;
  when?: string;
  state?: Record<string, string>;
  params: TimedParams;
  /** Stages of one scope can share a group. */
  scope: string;
}

/** Milliseconds, such that sums of them are exact in any order. */
export const times = fc.nat(512).map(count => count / 64);
const latencies = fc.array(times, { minLength: mostBatch, maxLength: mostBatch });
const kinds = fc.array(fc.constantFrom('a', 'b'), { minLength: 1, maxLength: 8 });
const counts = fc.array(fc.nat(4), { minLength: 1, maxLength: 8 });

export function randomStages(g: GeneratorValue): RandomStage[] {
  const stages: RandomStage[] = [];
  const one = <T>(values: readonly T[]): T => values[g(fc.nat, values.length - 1)]!;
  const chance = (percent: number) => g(fc.nat, 99) < percent;
  const perQuery = () => stages.filter(({ scope }) => scope === '');
  const perItem = () => stages.filter(({ scope }) => scope !== '');
  const lists = () => stages.filter(({ params }) => params.items);
  const value = () => one(['inputs.text', ...perQuery().map(({ name }) => `${name}.out`)]);

  const followItems = (scope: string): Pick<RandomStage, 'each' | 'inputs'> => {
    const others = perItem().filter(stage => stage.scope === scope);
    const list = () => (chance(25) ? scope : `${one(others).name}.out`);
    if (others.length === 0) return { each: scope, inputs: { in: 'item' } };
    if (chance(20)) return { each: { a: list(), b: list() }, inputs: { in: 'item.a' } };
    if (chance(25)) return { each: [list(), list()], inputs: { in: 'item' } };
    if (chance(15)) return { each: list(), inputs: { in: 'item', all: list() } };
    return { each: list(), inputs: { in: 'item', ...(chance(20) && { more: value() }) } };
  };
  const ofQuery = (): Pick<RandomStage, 'inputs'> => {
    const items = perItem();
    if (items.length > 0 && chance(40)) {
      const second = chance(30) ? { b: `${one(items).name}.out` } : {};
      return { inputs: { a: `${one(items).name}.out`, ...second } };
    }
    if (chance(25)) return { inputs: { a: [value(), value()] } };
    return { inputs: { a: value(), ...(chance(25) && { b: value() }) } };
  };

  const size = 1 + g(fc.nat, 6);
  for (let index = 0; index < size; index++) {
    const list = lists().length > 0 && chance(50) ? `${one(lists()).name}.items` : '';
    // Where all items are skipped no one sees how many there were: the first stage of a fan-out takes them all.
    const first = list !== '' && !stages.some(({ scope }) => scope === list);
    const deciders = first ? [] : perQuery().filter(({ params }) => params.kinds);
    const stateful = chance(15);
    stages.push({
      name: `s${index}`,
      ...(list === '' ? ofQuery() : followItems(list)),
      ...(deciders.length > 0 &&
        chance(30) && { when: `${one(deciders).name}.kind == "${one(['a', 'b'])}"` }),
      ...(stateful && { state: { memory: 'memory' } }),
      params: {
        stage: index,
        latency: [g(() => latencies), g(() => latencies)],
        ...(list === '' && chance(40) && { kinds: g(() => kinds) }),
        ...(list === '' && chance(40) && { items: g(() => counts) }),
        ...(stateful && { stateful }),
      },
      scope: list,
    });
  }
  return stages;
}

/** The operator that stages run. */
export interface StageOperator {
  name: string;
  operator: Operator<TimedParams>;
  code: BoundStage['code'];
}

export const timedStage: StageOperator = {
  name: 'timed',
  operator: timed,
  code: { module: new URL('timed.ts', import.meta.url).href, name: 'timed' },
};

/**
 * The pipeline, bound without the thread that looks at users' operators: that has a time limit.
 * @param keys further keys of a stage, by its number
 */
export async function bind(
  stages: readonly RandomStage[],
  { name, operator, code }: StageOperator = timedStage,
  keys: (stage: number) => Record<string, unknown> = () => ({}),
): Promise<BoundPipeline> {
  // YAML, of which JSON is a part.
  const text = JSON.stringify({
    millrace: 'pipeline/1',
    name: 'test',
    slo: { p99: '1 s' },
    inputs: { text: { datatype: 'BYTES', shape: [1] } },
    stages: Object.fromEntries(
      stages.map(({ name: stage, each, inputs, when, state, params }, index) => [
        stage,
        {
          operator: name,
          ...keys(index),
          inputs,
          params,
          ...(each && { each }),
          ...(when && { when }),
          ...(state && { state }),
        },
      ]),
    ),
    outputs: Object.fromEntries(ends(stages).map(stage => [stage, `${stage}.out`])),
  });
  const { pipeline, diagnostics } = await checkText(text, {
    operators: { [name]: async () => operator as Operator },
  });
  if (!pipeline) throw new Error(diagnostics.map(({ code, message }) => `${code}: ${message}`).join('\n'));
  return { ...pipeline, stages: pipeline.stages.map(stage => ({ ...stage, code })) };
}

/** Stages whose `out` no other reads. */
function ends(stages: readonly RandomStage[]): string[] {
  const read = JSON.stringify(stages.map(({ each, inputs }) => [each, inputs]));
  return stages.map(({ name }) => name).filter(name => !read.includes(`"${name}.out"`));
}
