/** One stage started on a replica: runs its operator and holds it to the contract. */
import {
  asStageError,
  builtinOperators,
  MillraceError,
  type Item,
  type Operator,
  type Outputs,
  type PortType,
  type Runner,
  type Site,
} from '../../operators/index.ts';
import { valueProblem } from './check-value.ts';
import type { ReplicaStage } from './message.ts';

async function loadOperator({ code }: ReplicaStage): Promise<Operator> {
  if ('builtin' in code) return builtinOperators[code.builtin]!();
  const module = (await import(code.module)) as Record<string, Operator>;
  return module[code.name]!;
}

export class StageRunner {
  readonly name: string;
  readonly #runner: Runner;
  readonly #pure: boolean;
  /** Our name, the operator's name and the type of each output. */
  readonly #outputs: readonly { port: string; given: string; type: PortType }[];

  private constructor(stage: ReplicaStage, runner: Runner) {
    this.name = stage.name;
    this.#runner = runner;
    this.#pure = stage.pure;
    this.#outputs = Object.entries(stage.ports.outputs).map(([port, type]) => ({
      port,
      given: stage.outputs[port] ?? port,
      type,
    }));
  }

  /** Starts a stage's operator. @throws MillraceError naming the stage. */
  static async start(stage: ReplicaStage, site: Site): Promise<StageRunner> {
    try {
      const operator = await loadOperator(stage);
      const runner = await operator.create(stage.params as never, site);
      if (typeof runner?.run !== 'function')
        throw new TypeError('create() gave no object with a run function');
      return new StageRunner(stage, runner);
    } catch (error) {
      throw asStageError(error, stage.name);
    }
  }

  /**
   * Runs a batch; an item that can't be run has an error in its place. When the operator fails on a whole batch and
   * may be run again, halves are tried until the items to blame are alone.
   */
  async run(batch: readonly Item[]): Promise<(Outputs | MillraceError)[]> {
    let results: (Outputs | Error)[];
    try {
      results = await this.#runner.run(batch);
      if (!Array.isArray(results) || results.length !== batch.length) {
        const count = Array.isArray(results) ? `${results.length} results` : 'no list of results';
        throw new MillraceError('stage-failed', `it gave ${count} for a batch of ${batch.length}`);
      }
    } catch (error) {
      if (batch.length > 1 && this.#pure) {
        const middle = batch.length >> 1;
        return [...(await this.run(batch.slice(0, middle))), ...(await this.run(batch.slice(middle)))];
      }
      return batch.map(() => asStageError(error, this.name));
    }
    return results.map(result => this.#checked(result));
  }

  get isWarm(): boolean {
    return this.#runner.isWarm ?? false;
  }

  async close(): Promise<void> {
    await this.#runner.close?.();
  }

  #checked(result: Outputs | Error): Outputs | MillraceError {
    if (result instanceof Error) return asStageError(result, this.name);
    try {
      const outputs: Outputs = {};
      for (const { port, given, type } of this.#outputs) {
        const value = result?.[given];
        if (value === undefined) throw new MillraceError('stage-failed', `it gave no output "${given}"`);
        const problem = valueProblem(value, type);
        if (problem) throw new MillraceError('stage-failed', `its output "${given}" ${problem}`);
        outputs[port] = value;
      }
      return outputs;
    } catch (error) {
      return asStageError(error, this.name);
    }
  }
}
