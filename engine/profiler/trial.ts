/** One stage alone on one replica, given batches of recorded inputs. */
import { formatDuration, MillraceError } from '../../operators/index.ts';
import type { BoundStage, HardwareType } from '../../pipelines/index.ts';
import type { Clock } from '../runtime/clock.ts';
import type { BatchResult } from '../runtime/message.ts';
import type { Replica, ReplicaFactory } from '../runtime/replica.ts';
import { specOf } from '../runtime/replica-spec.ts';
import type { StageInput } from './recorder.ts';

export interface TrialOptions {
  hardware: HardwareType;
  replicas: ReplicaFactory;
  clock: Clock;
}

/** The golden ratio's fraction: its multiples spread evenly over [0, 1) however many there are (Weyl). */
const golden = (Math.sqrt(5) - 1) / 2;

export class Trial {
  readonly #stage: BoundStage;
  readonly #replica: Replica;
  readonly #inputs: readonly StageInput[];
  readonly #clock: Clock;
  #lent: readonly SharedArrayBuffer[] = [];
  #lost = false;

  private constructor(stage: BoundStage, replica: Replica, inputs: readonly StageInput[], clock: Clock) {
    this.#stage = stage;
    this.#replica = replica;
    this.#inputs = inputs;
    this.#clock = clock;
  }

  /**
   * Starts a stage on a replica.
   * @param inputs at least one
   * @throws MillraceError `unavailable` if the hardware can't run it, or why else it does not start
   */
  static async start(
    stage: BoundStage,
    inputs: readonly StageInput[],
    { hardware: { device, threads }, replicas, clock }: TrialOptions,
  ): Promise<Trial> {
    const spec = specOf({ device, threads, isolation: stage.isolation }, [stage], null);
    return new Trial(stage, await replicas.start(spec), inputs, clock);
  }

  /**
   * Runs a batch of neighbouring inputs, as a queue would give them; it begins elsewhere at every turn, so that any
   * number of turns takes about as much from every part of what was recorded.
   * @returns milliseconds that the stage took, by the replica's clock, and what the batch took beside it
   * @throws MillraceError if an item fails, if it takes longer than the stage's time limit, or if the replica is lost
   */
  async run(size: number, turn: number): Promise<{ time: number; beside: number }> {
    const first = Math.floor(((turn * golden) % 1) * this.#inputs.length);
    const inputs = Array.from({ length: size }, (_, i) => this.#inputs[(first + i) % this.#inputs.length]!);
    const programs = [...new Set(inputs.map(({ program }) => program))];
    const items = inputs.map(({ program, values, context }) => ({
      program: programs.indexOf(program),
      values,
      context,
    }));
    const start = this.#clock.now();
    const {
      items: results,
      blocks,
      times,
    } = await this.#inTime(this.#replica.run({ programs, items, recycled: this.#lent }));
    const roundTrip = this.#clock.now() - start;
    this.#lent = blocks;
    for (const result of results) {
      if (!('error' in result)) continue;
      const { code, message, stage } = result.error;
      throw new MillraceError(code, message, { stage });
    }
    return { time: times[0]!, beside: roundTrip - times[0]! };
  }

  /** Ends the replica. */
  async close(): Promise<void> {
    if (this.#lost) this.#replica.abandon();
    else await this.#replica.retire();
  }

  async #inTime(run: Promise<BatchResult>): Promise<BatchResult> {
    const { name: stage, timeout } = this.#stage;
    let stop = () => {};
    const limit = new Promise<never>((_, reject) => {
      const late = () => {
        const message = `stage "${stage}" took longer than its time limit of ${formatDuration(timeout)}`;
        reject(new MillraceError('deadline-exceeded', message, { stage }));
      };
      stop = this.#clock.at(this.#clock.now() + timeout, late);
    });
    try {
      return await Promise.race([run, limit]);
    } catch (error) {
      // Either it is gone, or busy with a batch that may never end.
      this.#lost = true;
      if (error instanceof MillraceError) throw error;
      const message = `stage "${stage}" lost the worker that ran it`;
      throw new MillraceError('stage-failed', message, { stage, cause: error });
    } finally {
      stop();
    }
  }
}
