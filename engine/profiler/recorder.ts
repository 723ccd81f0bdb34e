/** Notes what the replicas of a running engine are given, so that it can be given again. */
import { byteLength, MillraceError, type Context, type Device, type Value } from '../../operators/index.ts';
import type { Batch, Program } from '../runtime/message.ts';
import { eachSharedBuffer } from '../runtime/export.ts';
import type { Replica, ReplicaFactory } from '../runtime/replica.ts';

/** What a stage was given for one item. */
export interface StageInput {
  /** Its one step is the stage. */
  program: Program;
  values: readonly Value[];
  context: Context;
}

/** Where it stops: what is over is run, but not noted. */
export interface RecorderLimits {
  /** Items of each stage. */
  items: number;
  /** Bytes of each stage's items. */
  bytes: number;
}

const defaultLimits: RecorderLimits = { items: 512, bytes: 256 * 1024 ** 2 };

function bytesOf(values: readonly Value[]): number {
  return values.reduce((sum, value) => sum + byteLength(value), 0);
}

interface Noted {
  inputs: StageInput[];
  bytes: number;
  /** How many inputs there were at the mark. */
  marked: number;
}

export class Recorder {
  readonly #limits: RecorderLimits;
  readonly #stages = new Map<string, Noted>();
  /** Shared memory that noted values lie in: it is never given back to be written over. */
  readonly #kept = new Set<SharedArrayBuffer>();

  constructor(limits: Partial<RecorderLimits> = {}) {
    this.#limits = { ...defaultLimits, ...limits };
  }

  /** What a stage was given, in the order it came; empty if it never ran. */
  inputsOf(stage: string): readonly StageInput[] {
    return this.#stages.get(stage)?.inputs ?? [];
  }

  /** Marks what is noted so far. */
  mark(): void {
    for (const noted of this.#stages.values()) noted.marked = noted.inputs.length;
  }

  /** Forgets what was noted since the mark. */
  undo(): void {
    for (const noted of this.#stages.values()) {
      for (const { values } of noted.inputs.splice(noted.marked)) noted.bytes -= bytesOf(values);
    }
  }

  /**
   * Replicas that note what they are given. Each must be of one stage. They start on the first of `devices` that is
   * available.
   */
  replicas(factory: ReplicaFactory, devices: readonly Device[]): ReplicaFactory {
    return {
      start: async spec => {
        const [stage] = spec.stages;
        const replica = await startOnFirst(devices, device => factory.start({ ...spec, device }));
        return {
          run: batch => replica.run(this.#note(stage!.name, batch)),
          retire: () => replica.retire(),
          abandon: () => replica.abandon(),
        };
      },
    };
  }

  /** Notes a batch; returns it without the memory that must stay as it is. */
  #note(stage: string, batch: Batch): Batch {
    const noted = this.#stages.get(stage) ?? { inputs: [], bytes: 0, marked: 0 };
    this.#stages.set(stage, noted);
    for (const { program, values, context } of batch.items) {
      const bytes = bytesOf(values);
      const full = noted.inputs.length >= this.#limits.items || noted.bytes + bytes > this.#limits.bytes;
      if (full && noted.inputs.length > 0) continue;
      noted.inputs.push({ program: batch.programs[program]!, values, context });
      noted.bytes += bytes;
      for (const value of values) eachSharedBuffer(value, buffer => this.#kept.add(buffer));
    }
    return { ...batch, recycled: batch.recycled.filter(buffer => !this.#kept.has(buffer)) };
  }
}

async function startOnFirst(
  [device, ...others]: readonly Device[],
  start: (device: Device) => Promise<Replica>,
): Promise<Replica> {
  try {
    return await start(device!);
  } catch (error) {
    if (others.length === 0 || !(error instanceof MillraceError) || error.code !== 'unavailable') throw error;
    return startOnFirst(others, start);
  }
}
