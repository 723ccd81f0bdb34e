/** A group started on a replica: takes a batch through its stages, one stage at a time. */
import { MillraceError, type Item, type Outputs, type Site, type Value } from '../../operators/index.ts';
import { eachSharedBuffer, exportValue } from './export.ts';
import { itemError } from './item-error.ts';
import type {
  Batch,
  BatchItem,
  BatchResult,
  ItemResult,
  Program,
  ReplicaSpec,
  WarmUpBatch,
} from './message.ts';
import { SharedMemory } from './shared-memory.ts';
import { StageRunner } from './stage-runner.ts';

/** An item on its way through the group. */
interface Passage {
  item: BatchItem;
  program: Program;
  /** Outputs of the steps done so far. */
  done: Outputs[];
  failure: MillraceError | null;
}

/** The clock of the replica's side. */
export type GroupClock = Pick<Site, 'now' | 'until'>;

export class GroupRunner {
  readonly #stages: readonly StageRunner[];
  readonly #clock: GroupClock;
  readonly #memory: SharedMemory;

  private constructor(stages: readonly StageRunner[], clock: GroupClock, memory: SharedMemory) {
    this.#stages = stages;
    this.#clock = clock;
    this.#memory = memory;
  }

  /** Starts every stage of the group. @throws MillraceError naming the stage that would not start. */
  static async start(spec: ReplicaSpec, clock: GroupClock): Promise<GroupRunner> {
    const memory = new SharedMemory();
    const started: StageRunner[] = [];
    try {
      for (const stage of spec.stages) {
        const site: Site = {
          stage: stage.name,
          device: spec.device,
          threads: spec.threads,
          pure: stage.pure,
          now: clock.now,
          until: clock.until,
          allocate: bytes => memory.take(bytes),
        };
        started.push(await StageRunner.start(stage, site));
      }
    } catch (error) {
      for (const stage of started) await stage.close();
      throw error;
    }
    const runner = new GroupRunner(started, clock, memory);
    if (!started.every(({ isWarm }) => isWarm))
      for (const batch of spec.warmUp ?? []) await runner.#warmUp(batch);
    return runner;
  }

  async run(batch: Batch): Promise<BatchResult> {
    this.#memory.recycle(batch.recycled);
    const passages = batch.items.map((item): Passage => ({
      item,
      program: batch.programs[item.program]!,
      done: [],
      failure: null,
    }));
    const times = this.#stages.map(() => 0);
    for (const [index, stage] of this.#stages.entries()) {
      const here = passages.filter(
        ({ program, done, failure }) => failure === null && program[done.length]?.stage === index,
      );
      if (here.length === 0) continue;
      const start = this.#clock.now();
      const results = await stage.run(here.map(stageItem));
      times[index] = this.#clock.now() - start;
      for (const [place, result] of results.entries()) {
        const passage = here[place]!;
        if (result instanceof MillraceError) passage.failure = result;
        else passage.done.push(result);
      }
    }
    return this.#collect(passages, times);
  }

  async close(): Promise<void> {
    for (const stage of this.#stages) await stage.close();
  }

  /** The first batch of a size takes longer than those after it: that is over before work comes. */
  async #warmUp({ program, values, items }: WarmUpBatch): Promise<void> {
    const context = { query: -1, index: 0, last: true };
    const item: BatchItem = { program: 0, values, context };
    const batch = Array.from({ length: items }, () => item);
    const { blocks } = await this.run({ programs: [program], items: batch, recycled: [] });
    this.#memory.recycle(blocks);
  }

  #collect(passages: readonly Passage[], times: number[]): BatchResult {
    /** Blocks on loan with these results, in the order the results name them. */
    const blocks: SharedArrayBuffer[] = [];
    const items = passages.map(({ program, done, failure }): ItemResult => {
      if (failure) return { error: itemError(failure) };
      const outputs: Value[] = [];
      const lent: number[] = [];
      for (const [step, { exports }] of program.entries()) {
        for (const port of exports) {
          const value = exportValue(done[step]![port]!, this.#memory);
          outputs.push(value);
          eachSharedBuffer(value, buffer => {
            // What was passed on from an input is on loan already.
            if (!this.#memory.owns(buffer)) return;
            const known = blocks.indexOf(buffer);
            const place = known < 0 ? blocks.push(buffer) - 1 : known;
            if (!lent.includes(place)) lent.push(place);
          });
        }
      }
      return { outputs, blocks: lent };
    });
    this.#memory.settle(blocks);
    return { items, blocks, times };
  }
}

function stageItem({ item, program, done }: Passage): Item {
  const inputs: Record<string, Value> = {};
  for (const input of program[done.length]!.inputs) {
    inputs[input.port] = 'value' in input ? item.values[input.value]! : done[input.step]![input.from]!;
  }
  return { inputs, context: item.context };
}
