/** The profiler: measures every stage of a pipeline alone, on one replica, with inputs it really gets. */
import { MillraceError } from '../../operators/index.ts';
import type { BoundPipeline, BoundStage, HardwareType } from '../../pipelines/index.ts';
import type { Profile } from '../../planner/index.ts';
import { realClock, type Clock } from '../runtime/clock.ts';
import { defaultLimits } from '../runtime/limits.ts';
import type { ReplicaFactory } from '../runtime/replica.ts';
import { threadReplicasWith } from '../runtime/thread-replica.ts';
import { Vigil } from '../runtime/vigil.ts';
import { workerReplicas } from '../runtime/worker-replica.ts';
import { assemble } from './assemble.ts';
import { Budget } from './budget.ts';
import { crowdedTimes } from './crowded-times.ts';
import { measureEngine } from './engine-cost.ts';
import { measureInPlace } from './in-place.ts';
import { nothingMeasured, type Measurements, type StageMeasurements } from './measurements.ts';
import { measureMemory } from './memory.ts';
import type { ProfileOptions, ProfileOutcome, ProfileProgress } from './profile-options.ts';
import type { StageInput } from './recorder.ts';
import { record, type Recording, type SampleQuery } from './recording.ts';
import { profileStage } from './stage-profiler.ts';

/**
 * Shares of the budget after which no more is done for the samples, the memory, the engine's own cost or the pipeline as a
 * whole than needed.
 */
const shares = { samples: 0.25, memory: 0.1, engine: 0.08, whole: 0.2 };

/**
 * Measures the stages of a pipeline on this machine, one after the other, the fastest first.
 *
 * The samples are sent through the pipeline to see what each stage is given, and how many items. Then each stage, alone
 * on one replica, runs batches of these inputs; what is noted is the time of the stage by the replica's own clock, what
 * a batch of one takes beside it, and how much longer both are after a rest. What the main thread takes, and what stages
 * take longer among others, is seen while the pipeline runs as a whole. The budget is divided in proportion to the square
 * roots of the stages' times per item, which for a given sum makes the means' relative errors, squared and summed, the
 * least (Neyman's allocation); what a stage leaves goes to those after it.
 *
 * @param queries at least one
 * @throws MillraceError `unavailable` if the hardware can't run any of the pipeline's heavy stages, or a stage can run
 *   nowhere; and the code of the first failure if a stage fails on what it was given, or every sample does
 */
export async function profilePipeline(
  pipeline: BoundPipeline,
  queries: readonly SampleQuery[],
  options: ProfileOptions,
): Promise<ProfileOutcome> {
  return new Profiler(pipeline, options).run(queries);
}

/**
 * The first stage's share of a time, given the times that its and the other stages' items take: in proportion to their
 * square roots. None counts less than a hundredth of the slowest.
 */
function shareOf(times: readonly number[]): number {
  const least = Math.max(Math.max(...times) / 100, Number.MIN_VALUE);
  const weights = times.map(time => Math.sqrt(Math.max(time, least)));
  return weights[0]! / weights.reduce((sum, weight) => sum + weight, 0);
}

class Profiler {
  readonly #pipeline: BoundPipeline;
  readonly #options: ProfileOptions;
  readonly #trial: { hardware: HardwareType; clock: Clock; replicas: ReplicaFactory };
  readonly #budget: Budget;
  readonly #notes: string[] = [];
  readonly #vigil = new Vigil();
  #measurements: Measurements;

  constructor(pipeline: BoundPipeline, options: ProfileOptions) {
    const {
      hardware,
      clock = realClock,
      replicas = workerReplicas(defaultLimits.start, threadReplicasWith(this.#vigil)),
      budget = 60_000,
    } = options;
    // In use a lone batch is waited for awake, which tells nothing of several.
    this.#vigil.paused = true;
    this.#pipeline = pipeline;
    this.#options = options;
    this.#trial = { hardware, clock, replicas };
    this.#budget = new Budget(clock, budget);
    this.#measurements = options.known ?? nothingMeasured;
  }

  async run(queries: readonly SampleQuery[]): Promise<ProfileOutcome> {
    const recording = await this.#record(queries);
    if (!recording) return this.#outcome(null);
    this.#notes.push(...recording.notes);
    const stages = await this.#startable(this.#reached(recording), recording);
    if (!this.#measurements.engine && !this.#interrupted) {
      this.#tell({ step: 'engine' }, 0);
      const { replicas, clock } = this.#trial;
      const share = this.#budget.share(shares.engine);
      const engine = await measureEngine(replicas, clock, share, this.#options.turn);
      await this.#keep({ ...this.#measurements, engine });
    }
    await this.#measureWhole(recording);
    for (const [index, stage] of stages.entries()) {
      if (this.#interrupted) break;
      const share = shareOf(stages.slice(index).map(({ name }) => recording.stages.get(name)!.service));
      await this.#profile(stage, recording.stages.get(stage.name)!.inputs, share, index / stages.length);
    }
    return this.#outcome(this.#profileOf(stages, recording));
  }

  get #interrupted(): boolean {
    return this.#options.signal?.aborted ?? false;
  }

  async #record(queries: readonly SampleQuery[]): Promise<Recording | null> {
    const { signal } = this.#options;
    if (signal?.aborted) return null;
    this.#tell({ step: 'samples' }, 0);
    const budget = this.#budget.share(shares.samples);
    try {
      return await record(this.#pipeline, queries, { ...this.#trial, budget, signal });
    } catch (error) {
      if (this.#interrupted) return null;
      throw error;
    }
  }

  /** Stages that the samples reached, the fastest first: what they leave of the budget is the slower ones'. */
  #reached({ stages }: Recording): BoundStage[] {
    const seen = (stage: BoundStage) => stages.get(stage.name)!;
    for (const stage of this.#pipeline.stages) {
      if (seen(stage).inputs.length > 0) continue;
      this.#notes.push(`stage "${stage.name}" is left out: no sample reached it; give it one that does`);
    }
    return this.#pipeline.stages
      .filter(stage => seen(stage).inputs.length > 0)
      .sort((a, b) => seen(a).service - seen(b).service);
  }

  /** Stages that start on the hardware; what memory each takes is measured along the way. */
  async #startable(reached: readonly BoundStage[], { stages }: Recording): Promise<BoundStage[]> {
    const startable: BoundStage[] = [];
    const budget = this.#budget.share(shares.memory);
    let refusal: MillraceError | null = null;
    for (const [index, stage] of reached.entries()) {
      if (this.#interrupted) break;
      if (!this.#measurements.stages[stage.name]) {
        this.#tell({ step: 'start' }, index / (2 * reached.length));
        try {
          const { inputs } = stages.get(stage.name)!;
          const memory = await measureMemory(stage, inputs, budget, this.#trial);
          // Kept with what comes next: alone it is worth no file.
          this.#measurements = this.#with(stage, { memory, batches: [], finished: false });
        } catch (error) {
          if (!(error instanceof MillraceError) || error.code !== 'unavailable') throw error;
          this.#notes.push(`stage "${stage.name}" is left out: ${error.message}`);
          refusal ??= error;
          continue;
        }
      }
      startable.push(stage);
    }
    // What is light runs beside any device: that alone says nothing of this one.
    if (refusal && !startable.some(({ cost }) => cost === 'heavy')) throw refusal;
    return startable;
  }

  /**
   * @param share of the budget that is left
   * @param done share of the stages that were measured before
   */
  async #profile(
    stage: BoundStage,
    inputs: readonly StageInput[],
    share: number,
    done: number,
  ): Promise<void> {
    const { maxBatch = 32, repetitions, signal, turn } = this.#options;
    const known = this.#measurements.stages[stage.name]!;
    if (known.finished) return;
    await profileStage(stage, inputs, known, {
      ...this.#trial,
      budget: this.#budget.share(share),
      maxBatch,
      repetitions,
      signal,
      turn,
      progress: (batch, repetition) => {
        this.#tell({ stage: stage.name, batch, repetition }, (1 + done) / 2);
      },
      hop: this.#measurements.engine!.hop,
      isCrowdingKnown: crowdedTimes(this.#measurements.inPlace).has(stage.name),
      measured: so => this.#keep(this.#with(stage, so)),
      note: note => this.#notes.push(note),
    });
  }

  /** What a virtual clock says tells nothing of how busy threads are. */
  async #measureWhole({ answered }: Recording): Promise<void> {
    const { engine, inPlace } = this.#measurements;
    const { hardware, clock, replicas } = this.#trial;
    if (!engine || inPlace || this.#interrupted || clock !== realClock) return;
    this.#tell({ step: 'whole' }, 0.5);
    const { signal, turn } = this.#options;
    try {
      const whole = await measureInPlace(this.#pipeline, answered, {
        hardware,
        replicas,
        budget: this.#budget.share(shares.whole),
        query: engine.query,
        vigil: this.#vigil,
        signal,
        turn,
      });
      if (whole) await this.#keep({ ...this.#measurements, inPlace: whole });
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error;
      if (this.#interrupted) return;
      this.#notes.push(
        `what the engine takes was not measured on this pipeline as a whole: ${error.message}`,
      );
    }
  }

  #with({ name }: BoundStage, stage: StageMeasurements): Measurements {
    const { stages, ...others } = this.#measurements;
    return { ...others, stages: { ...stages, [name]: stage } };
  }

  async #keep(measurements: Measurements): Promise<void> {
    this.#measurements = measurements;
    await this.#options.keep?.(measurements);
  }

  #tell(doing: ProfileProgress['doing'], share: number): void {
    this.#options.progress?.({ doing, share, left: this.#budget.left });
  }

  /** Null while something is missing. */
  #profileOf(stages: readonly BoundStage[], recording: Recording): Profile | null {
    if (this.#interrupted) return null;
    const missing = stages.filter(({ name }) => this.#measurements.stages[name]!.batches.length === 0);
    if (missing.length > 0) {
      const names = missing.map(({ name }) => `"${name}"`).join(', ');
      this.#notes.push(`no time was left to measure ${names}`);
      return null;
    }
    return assemble(this.#pipeline, this.#options.hardware.name, stages, recording, this.#measurements);
  }

  #outcome(profile: Profile | null): ProfileOutcome {
    return { profile, measurements: this.#measurements, notes: this.#notes };
  }
}
