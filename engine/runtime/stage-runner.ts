/** One stage started on a replica: runs its operator and holds it to the contract. */
import {
  asStageError,
  builtinOperators,
  describe,
  isList,
  MillraceError,
  sizeOf,
  type Item,
  type Operator,
  type Outputs,
  type PortType,
  type Runner,
  type Site,
  type Tensor,
  type Value,
} from '../../operators/index.ts';
import type { ReplicaStage } from './message.ts';

async function loadOperator({ code }: ReplicaStage): Promise<Operator> {
  if ('builtin' in code) return builtinOperators[code.builtin]!();
  const module = (await import(code.module)) as Record<string, Operator>;
  return module[code.name]!;
}

function checkTensor(tensor: Tensor, type: PortType, port: string): void {
  const wrong = (problem: string) => new MillraceError('stage-failed', `its output "${port}" ${problem}`);
  if (tensor === null || typeof tensor !== 'object' || !Array.isArray(tensor.shape) || !tensor.data) {
    throw wrong('is not a tensor { datatype, shape, data }');
  }
  if (type.datatype !== 'ANY' && tensor.datatype !== type.datatype) {
    throw wrong(`is ${describe(tensor)}, not the ${type.datatype} it declares`);
  }
  if (tensor.data.length !== sizeOf(tensor.shape)) {
    throw wrong(`has ${tensor.data.length} elements, not the ${sizeOf(tensor.shape)} of its shape`);
  }
  if (
    type.shape &&
    (type.shape.length !== tensor.shape.length ||
      type.shape.some((size, axis) => typeof size === 'number' && size >= 0 && size !== tensor.shape[axis]))
  ) {
    throw wrong(`is ${describe(tensor)}, not of the shape [${type.shape.join(', ')}] it declares`);
  }
}

function checkValue(value: Value | undefined, type: PortType, port: string): void {
  if (value === undefined) throw new MillraceError('stage-failed', `it gave no output "${port}"`);
  if (type.list !== isList(value) && (type.list || type.datatype !== 'ANY')) {
    const problem = type.list
      ? 'is a tensor, not the list it declares'
      : 'is a list, not the tensor it declares';
    throw new MillraceError('stage-failed', `its output "${port}" ${problem}`);
  }
  for (const tensor of isList(value) ? value : [value]) checkTensor(tensor, type, port);
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
      type: { ...type, list: type.list ?? false },
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
        checkValue(value, type, given);
        outputs[port] = value!;
      }
      return outputs;
    } catch (error) {
      return asStageError(error, this.name);
    }
  }
}
