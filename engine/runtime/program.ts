/**
 * Which stages of its group an item passes through in one go. Items are addressed to stages and groups are only
 * routing, so this is decided when a replica takes the item: the stage it is addressed to, and after it every stage of
 * the group whose inputs are there or come from the stages before it.
 */
import type { Tensor, Value } from '../../operators/index.ts';
import type { Flow } from './flow.ts';
import type { Layout, Source, StageLayout } from './layout.ts';
import type { Program, Step, StepInput } from './message.ts';
import { Progress, type WorkItem } from './query.ts';
import type { Sequences } from './sequences.ts';

/** A program and where its results go. */
export interface Route {
  program: Program;
  /** Pipeline stages of the steps. */
  stages: readonly number[];
  /** Slots of the exported values, in the order they come back; `stage` is the pipeline's. */
  exports: readonly { stage: number; slot: number }[];
  /** Milliseconds its stages may take together. */
  timeout: number;
}

export interface RoutedItem {
  route: Route;
  values: Value[];
}

/** A chosen input: a value at hand, or an earlier step's. */
type Choice = { value: Value } | { step: number; from: string };

export class Router {
  readonly #layout: Layout;
  readonly #flow: Flow;
  readonly #sequences: Sequences;
  /** Pipeline stages of the group, in topological order. */
  readonly #stages: readonly number[];
  /** Slots whose values are asked for whoever reads them. */
  readonly #shown: ReadonlySet<number>;
  readonly #routes = new Map<string, Route>();

  constructor(
    layout: Layout,
    flow: Flow,
    sequences: Sequences,
    stages: readonly number[],
    shown: ReadonlySet<number>,
  ) {
    this.#layout = layout;
    this.#flow = flow;
    this.#sequences = sequences;
    this.#stages = stages;
    this.#shown = shown;
  }

  /** Decides an item's way, marks its stages as started and collects what the replica needs. */
  route(item: WorkItem): RoutedItem {
    const run = [item.stage];
    const choices = [this.#choose(item, this.#layout.stages[item.stage]!, [])!];
    for (const stage of this.#stages.slice(this.#stages.indexOf(item.stage) + 1)) {
      const layout = this.#layout.stages[stage]!;
      if (layout.when || layout.state.length > 0) continue;
      if (item.query.progressOf(stage, item.index) !== Progress.pending) continue;
      if (layout.perItem && !item.query.items[stage]) continue;
      const chosen = this.#choose(item, layout, run);
      if (!chosen) continue;
      item.query.setProgress(stage, item.index, Progress.started);
      run.push(stage);
      choices.push(chosen);
    }
    const values: Value[] = [];
    const inputs = choices.map(chosen =>
      [...chosen].map(([port, choice]): StepInput => {
        if ('value' in choice) return { port, value: values.push(choice.value) - 1 };
        return { port, step: choice.step, from: choice.from };
      }),
    );
    return { route: this.#routeOf(run, inputs), values };
  }

  stageName(stage: number): string {
    return this.#layout.stages[stage]!.stage.name;
  }

  /** Undoes `route`: all but the stage the item is addressed to wait for their inputs again. */
  undo(item: WorkItem, { stages }: Route): void {
    for (const stage of stages) {
      if (stage !== item.stage) item.query.setProgress(stage, item.index, Progress.pending);
    }
  }

  /** Where each input of a stage comes from, or null if one is neither at hand nor made by `run`. */
  #choose(item: WorkItem, layout: StageLayout, run: readonly number[]): Map<string, Choice> | null {
    const { query, index } = item;
    const choices = new Map<string, Choice>();
    for (let list = 0; list < layout.lists.length; list++) {
      const source: Source = { kind: 'item', list };
      if (this.#madeBy(layout, source, run)) continue;
      const value = this.#flow.resolve(query, source, layout, index);
      if (value === null || value === undefined) return null;
    }
    /** List inputs at hand, by fan-out. */
    const lists = new Map<number, { port: string; slot: number }[]>();
    for (const { port, sources } of layout.inputs) {
      let choice: Choice | undefined;
      for (const source of sources) {
        const inRun = this.#madeBy(layout, source, run);
        if (inRun) {
          choice = inRun;
          break;
        }
        const value = this.#flow.resolve(query, source, layout, index);
        if (value === undefined) return null;
        if (value === null) continue;
        choice = { value };
        if (source.kind !== 'item' && Array.isArray(value)) {
          const fanOut = this.#layout.fanOuts[source.slot]!;
          lists.set(fanOut, [...(lists.get(fanOut) ?? []), { port, slot: source.slot }]);
        }
        break;
      }
      if (!choice) return null;
      choices.set(port, choice);
    }
    for (const { input } of layout.state) {
      choices.set(input, { value: this.#sequences.value(query, layout.index, input)! });
    }
    for (const joined of lists.values()) if (joined.length > 1) this.#join(item, joined, choices);
    return choices;
  }

  /** Lists of one fan-out: keeps the indices that are present in all of them. */
  #join(
    item: WorkItem,
    joined: readonly { port: string; slot: number }[],
    choices: Map<string, Choice>,
  ): void {
    const columns = joined.map(({ slot }) => item.query.values[slot] as readonly (Tensor | undefined)[]);
    const length = Math.max(...columns.map(column => column.length));
    const present = Array.from({ length }, (_, index) => index).filter(index =>
      columns.every(column => column[index] !== undefined),
    );
    for (const [place, { port }] of joined.entries()) {
      choices.set(port, { value: present.map(index => columns[place]![index]!) });
    }
  }

  #madeBy(layout: StageLayout, source: Source, run: readonly number[]): Choice | null {
    const made = (stage: number, slot: number): Choice | null => {
      const step = run.indexOf(stage);
      if (step < 0) return null;
      const { port } = this.#layout.stages[stage]!.outputs.find(output => output.slot === slot)!;
      return { step, from: port };
    };
    if (source.kind === 'slot') return layout.perItem ? null : made(source.stage, source.slot);
    if (source.kind === 'gather') return null;
    // Only the first alternative: whether it will have a value is certain, since it is in the run.
    const [list] = layout.lists[source.list]!;
    return list?.perItem ? made(list.stage, list.slot) : null;
  }

  #routeOf(run: readonly number[], inputs: readonly StepInput[][]): Route {
    const key = keyOf(run, inputs);
    const known = this.#routes.get(key);
    if (known) return known;
    const exports: { stage: number; slot: number }[] = [];
    const program = run.map((stage, step): Step => {
      const { outputs, state } = this.#layout.stages[stage]!;
      const leaving = outputs.filter(
        ({ slot }) =>
          this.#shown.has(slot) ||
          state.some(carried => carried.slot === slot) ||
          this.#layout.readers[slot]!.some(reader => !run.includes(reader)),
      );
      for (const { slot } of leaving) exports.push({ stage, slot });
      return {
        stage: this.#stages.indexOf(stage),
        inputs: inputs[step]!,
        exports: leaving.map(({ port }) => port),
      };
    });
    const timeout = run.reduce((sum, stage) => sum + this.#layout.stages[stage]!.stage.timeout, 0);
    const route = { program, stages: run, exports, timeout };
    this.#routes.set(key, route);
    return route;
  }
}

/** Tells apart the ways through a group: its stages, and which of their inputs come from a step before. */
function keyOf(run: readonly number[], inputs: readonly StepInput[][]): string {
  let key = '';
  for (const [step, stage] of run.entries()) {
    key += stage;
    for (const input of inputs[step]!) {
      key += 'value' in input ? `,${input.port}` : `,${input.port}<${input.step}.${input.from}`;
    }
    key += ';';
  }
  return key;
}
