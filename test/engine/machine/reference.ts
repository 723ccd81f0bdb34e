/** Answers as they should be: each query alone on an engine of its own, with nothing going wrong. */
import { Engine, localReplicas, type QueryResult } from '../../../engine/index.ts';
import type { MillraceError } from '../../../operators/index.ts';
import type { BoundPipeline } from '../../../pipelines/index.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { deploymentOf, textsOf } from '../../support/virtual-engine.ts';

export type Outcome = { outputs: Record<string, unknown> } | { error: MillraceError };

export function outputsOf({ outputs }: QueryResult): Outcome {
  return {
    outputs: Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, textsOf(value)])),
  };
}

export class Reference {
  readonly #engine: Engine;
  readonly #clock: VirtualClock;

  private constructor(engine: Engine, clock: VirtualClock) {
    this.#engine = engine;
    this.#clock = clock;
  }

  static async start(pipeline: BoundPipeline): Promise<Reference> {
    const clock = new VirtualClock();
    const deployment = deploymentOf(pipeline);
    const engine = await Engine.start(pipeline, { clock, replicas: localReplicas(clock), deployment });
    return new Reference(engine, clock);
  }

  /** @param sequence which it goes on with, and whether it is the last of it */
  answer(text: string, sequence: { id: string; end: boolean } | null): Promise<Outcome> {
    const query = this.#engine.infer({ text }, sequence ? { sequence: { ...sequence, kept: true } } : {});
    const settled = query.then(outputsOf, (error: MillraceError) => ({ error }));
    return this.#clock.until(settled);
  }

  async close(): Promise<void> {
    await this.#clock.until(this.#engine.close());
  }
}
