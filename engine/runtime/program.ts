/**
 * Which stages of its group an item passes through in one go. Items are addressed to stages and groups are only
 * routing, so this is decided when a replica takes the item: the stage it is addressed to, and after it every stage of
 * the group whose inputs are there or come from the stages before it.
 */
import type { PortType, Tensor, Value } from '../../operators/index.ts';
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
  exports: readonly { stage: number; slot: number; type: PortType }[];
  /** Milliseconds its stages may take together. */
  timeout: number;
}

export interface RoutedItem {
  route: Route;
  values: Value[];
}

/** A chosen input: a value at hand, or an earlier step's. */
type Choice = { port: string; value: Value } | { port: string; step: number; from: string };

/** List inputs at hand: the place among the choices, the slot, and the fan-out it belongs to. */
type Joined = { place: number; slot: number; fanOut: number };

export class Router {
  readonly #layout: Layout;
  readonly #flow: Flow;
  readonly #sequences: Sequences;
  /** Pipeline stages of the group, in topological order. */
  readonly #stages: readonly number[];
  /** Slots whose values are asked for whoever reads them. */
  readonly #shown: ReadonlySet<number>;
  readonly #routes: { route: Route; all: boolean }[] = [];
  /** Routes of one stage alone, by the stage: all its inputs are values then, so there is only one. */
  readonly #alone: (Route | undefined)[] = [];

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
    if (this.#stages.length > 1) this.#goOn(item, run, choices);
    const values: Value[] = [];
    for (const chosen of choices) {
      for (const choice of chosen) if ('value' in choice) values.push(choice.value);
    }
    const { partial } = item.query;
    if (run.length > 1 || partial) return { route: this.#routeOf(run, choices, partial), values };
    const route = (this.#alone[item.stage] ??= this.#routeOf(run, choices, false));
    return { route, values };
  }

  stageName(stage: number): string {
    return this.#layout.stages[stage]!.stage.name;
  }

  /** Undoes `route`: all but the stage the item is addressed to wait for their inputs again. */
  undo(item: WorkItem, { stages }: Route): void {
    for (const stage of stages) {
      if (stage === item.stage) continue;
      item.query.setProgress(stage, item.index, Progress.pending);
      if (this.#layout.stages[stage]!.state.length > 0) this.#sequences.giveTurnBack(item.query, stage);
    }
  }

  /** Adds the later stages of the group that can run right after. */
  #goOn(item: WorkItem, run: number[], choices: Choice[][]): void {
    for (let next = this.#stages.indexOf(item.stage) + 1; next < this.#stages.length; next++) {
      const stage = this.#stages[next]!;
      const layout = this.#layout.stages[stage]!;
      if (layout.when || !this.#mayFollow(item, layout)) continue;
      if (item.query.progressOf(stage, item.index) !== Progress.pending) continue;
      if (layout.perItem && !item.query.items[stage]) continue;
      const chosen = this.#choose(item, layout, run);
      if (!chosen) continue;
      item.query.setProgress(stage, item.index, Progress.started);
      if (layout.state.length > 0) this.#sequences.takeTurn(item.query, stage);
      run.push(stage);
      choices.push(chosen);
    }
  }

  /** Whether a stage has no state that must be waited for. From item to item it is handed on outside of the replica. */
  #mayFollow({ query }: WorkItem, { index, state, perItem }: StageLayout): boolean {
    return state.length === 0 || (!perItem && this.#sequences.hasTurn(query, index));
  }

  /** Where each input of a stage comes from, or null if one is neither at hand nor made by `run`. */
  #choose(item: WorkItem, layout: StageLayout, run: readonly number[]): Choice[] | null {
    const { query, index } = item;
    for (let list = 0; list < layout.lists.length; list++) {
      const source: Source = { kind: 'item', list };
      if (this.#madeBy(layout, source, run)) continue;
      const value = this.#flow.resolve(query, source, layout, index);
      if (value === null || value === undefined) return null;
    }
    const choices: Choice[] = [];
    const joined: Joined[] = [];
    for (const { port, sources } of layout.inputs) {
      const choice = this.#chooseInput(item, layout, port, sources, run, joined, choices.length);
      if (!choice) return null;
      choices.push(choice);
    }
    for (const { input } of layout.state) {
      choices.push({ port: input, value: this.#sequences.value(query, layout.index, input)! });
    }
    if (joined.length > 1) this.#join(item, joined, choices);
    return choices;
  }

  /** Where one input comes from; a list at hand is added to `joined`. */
  #chooseInput(
    { query, index }: WorkItem,
    layout: StageLayout,
    port: string,
    sources: readonly Source[],
    run: readonly number[],
    joined: Joined[],
    place: number,
  ): Choice | null {
    for (const source of sources) {
      const made = this.#madeBy(layout, source, run);
      if (made) return { port, ...made };
      const value = this.#flow.resolve(query, source, layout, index);
      if (value === undefined) return null;
      if (value === null) continue;
      if (source.kind !== 'item' && Array.isArray(value)) {
        joined.push({ place, slot: source.slot, fanOut: this.#layout.fanOuts[source.slot]! });
      }
      return { port, value };
    }
    return null;
  }

  /** Lists of one fan-out: keeps the indices that are present in all of them. */
  #join(item: WorkItem, joined: readonly Joined[], choices: Choice[]): void {
    for (const fanOut of new Set(joined.map(list => list.fanOut))) {
      const lists = joined.filter(list => list.fanOut === fanOut);
      if (lists.length === 1) continue;
      const columns = lists.map(({ slot }) => item.query.values[slot] as readonly (Tensor | undefined)[]);
      const length = Math.max(...columns.map(column => column.length));
      const present = Array.from({ length }, (_, index) => index).filter(index =>
        columns.every(column => column[index] !== undefined),
      );
      for (const [at, { place }] of lists.entries()) {
        const { port } = choices[place]!;
        choices[place] = { port, value: present.map(index => columns[at]![index]!) };
      }
    }
  }

  /** What a step of `run` will give for a source; null: none does. */
  #madeBy(
    layout: StageLayout,
    source: Source,
    run: readonly number[],
  ): { step: number; from: string } | null {
    if (run.length === 0 || source.kind === 'gather') return null;
    if (source.kind === 'slot') return layout.perItem ? null : this.#stepOf(run, source.stage, source.slot);
    // Only the first alternative: whether it will have a value is certain, since it is in the run.
    const [list] = layout.lists[source.list]!;
    return list?.perItem ? this.#stepOf(run, list.stage, list.slot) : null;
  }

  #stepOf(run: readonly number[], stage: number, slot: number): { step: number; from: string } | null {
    const step = run.indexOf(stage);
    if (step < 0) return null;
    const { port } = this.#layout.stages[stage]!.outputs.find(output => output.slot === slot)!;
    return { step, from: port };
  }

  /** @param all whether every output leaves the replica, whoever reads it */
  #routeOf(run: readonly number[], choices: readonly Choice[][], all: boolean): Route {
    for (const known of this.#routes)
      if (known.all === all && isWay(known.route, run, choices)) return known.route;
    const inputs = stepInputs(choices);
    const exports: Route['exports'][number][] = [];
    const program = run.map((stage, step): Step => {
      const { outputs, state, stage: its } = this.#layout.stages[stage]!;
      const leaving = outputs.filter(
        ({ slot }) =>
          all ||
          this.#shown.has(slot) ||
          state.some(carried => carried.slot === slot) ||
          this.#layout.readers[slot]!.some(reader => !run.includes(reader)),
      );
      for (const { port, slot } of leaving) exports.push({ stage, slot, type: its.ports.outputs[port]! });
      return {
        stage: this.#stages.indexOf(stage),
        inputs: inputs[step]!,
        exports: leaving.map(({ port }) => port),
      };
    });
    const timeout = run.reduce((sum, stage) => sum + this.#layout.stages[stage]!.stage.timeout, 0);
    const route = { program, stages: run, exports, timeout };
    this.#routes.push({ route, all });
    return route;
  }
}

/** Choices as the replica sees them: values by their number. */
function stepInputs(choices: readonly Choice[][]): StepInput[][] {
  let values = 0;
  return choices.map(chosen =>
    chosen.map((choice): StepInput => {
      if ('value' in choice) return { port: choice.port, value: values++ };
      return { port: choice.port, step: choice.step, from: choice.from };
    }),
  );
}

/** Whether a route runs these stages, and the same of their inputs come from a step before. */
function isWay({ program, stages }: Route, run: readonly number[], choices: readonly Choice[][]): boolean {
  if (stages.length !== run.length) return false;
  for (let step = 0; step < run.length; step++) {
    const { inputs } = program[step]!;
    const chosen = choices[step]!;
    if (stages[step] !== run[step] || inputs.length !== chosen.length) return false;
    for (let place = 0; place < inputs.length; place++) {
      if (!isSameInput(inputs[place]!, chosen[place]!)) return false;
    }
  }
  return true;
}

function isSameInput(input: StepInput, choice: Choice): boolean {
  if (input.port !== choice.port) return false;
  if ('value' in input || 'value' in choice) return 'value' in input && 'value' in choice;
  return input.step === choice.step && input.from === choice.from;
}
