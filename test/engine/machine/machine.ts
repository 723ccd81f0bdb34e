/** An engine that is driven step by step, and beside it what must be true of it. */
import assert from 'node:assert/strict';
import { Engine, type Deployment, type StageRun } from '../../../engine/index.ts';
import type { MillraceError } from '../../../operators/index.ts';
import type { BoundPipeline } from '../../../pipelines/index.ts';
import type { RandomStage } from '../../planner/simulation/random-pipeline.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { Epochs } from './epochs.ts';
import { FaultyReplicas } from './faulty-replicas.ts';
import { forecastFor } from './forecast.ts';
import { randomDeployment, restOf } from './random-deployment.ts';
import { outputsOf, Reference, type Outcome } from './reference.ts';
import { plain, type Step, type Submit } from './steps.ts';
import { tagsIn, writeTag } from './traced.ts';
import { problemOf, type Asked } from './verdict.ts';

const limits = { queries: 24, queue: 16, sequences: 3, sequenceIdle: 4000 };

export interface MachineOptions {
  pipeline: BoundPipeline;
  stages: readonly RandomStage[];
  choices: readonly number[];
  /** Milliseconds that replicas take to start. */
  startTime: number;
  /** Whether the engine is told how long stages take. */
  forecast: boolean;
}

export class Machine {
  readonly #stages: readonly RandomStage[];
  readonly #clock: VirtualClock;
  readonly #replicas: FaultyReplicas;
  readonly #reference: Reference;
  readonly #engine: Engine;
  readonly #stateful: boolean;
  readonly #epochs = new Epochs(limits.sequenceIdle);
  readonly #asked: Asked[] = [];
  readonly #open = new Map<string, Asked>();
  /** Ended since the last look. */
  #ended: Asked[] = [];
  /** Changes of the deployment under way. */
  #changes = 0;
  /** What the last change that succeeded was to. */
  #deployment: Deployment;
  #closing = false;
  /** What went wrong outside of any step. */
  readonly #wrong: string[] = [];

  static async start(options: MachineOptions): Promise<Machine> {
    const { pipeline, stages, choices, startTime } = options;
    const clock = new VirtualClock();
    let machine: Machine | null = null;
    const replicas = new FaultyReplicas(clock, startTime, { began: tags => machine!.#began(tags) });
    const deployment = randomDeployment(stages, choices);
    const forecast = options.forecast ? { forecast: forecastFor(stages) } : {};
    const starting = Engine.start(pipeline, { clock, replicas, deployment, limits, ...forecast });
    const engine = await clock.until(starting);
    machine = new Machine(stages, clock, replicas, await Reference.start(pipeline), engine);
    return machine;
  }

  private constructor(
    stages: readonly RandomStage[],
    clock: VirtualClock,
    replicas: FaultyReplicas,
    reference: Reference,
    engine: Engine,
  ) {
    this.#stages = stages;
    this.#clock = clock;
    this.#replicas = replicas;
    this.#reference = reference;
    this.#engine = engine;
    this.#deployment = engine.deployment;
    this.#stateful = stages.some(({ state }) => state);
  }

  /** @throws if a promise is broken */
  async step(step: Step): Promise<void> {
    const now = this.#clock.now();
    switch (step.do) {
      case 'submit':
        await this.#submit(step);
        break;
      case 'cancel':
        this.#cancel(step.which);
        break;
      case 'fault':
        this.#replicas.arm(step.fault, step.times);
        break;
      case 'apply':
        this.#apply(randomDeployment(this.#stages, step.choices));
        break;
      case 'end-sequence':
        this.#engine.endSequence(step.id);
        this.#epochs.end(step.id);
        break;
    }
    await this.#clock.advanceTo(step.do === 'wait' ? now + step.milliseconds : now);
    this.#check();
  }

  /** Ends it, all promises kept. @param drain milliseconds to wait for what is in flight; null: for all of it */
  async end(drain: number | null): Promise<void> {
    this.#replicas.calm();
    if (drain === null) await this.#rest();
    await this.#close(drain ?? 60_000);
    // Batches that take too long are over by then.
    await this.#clock.advanceTo(this.#clock.now() + 100_000);
    this.#check();
    assert.equal(this.#clock.pending, 0, 'timers left');
    const { started, retired, hanging, running } = this.#replicas;
    // A batch that never ends may read what it was given for ever.
    if (hanging === 0) assert.equal(this.#engine.status().bytes, 0, 'bytes held');
    assert.equal(running, hanging, 'batches under way');
    assert.equal(retired, started - hanging, 'replicas ended');
    await this.#reference.close();
  }

  async #submit(step: Submit): Promise<Asked[]> {
    const asked = Array.from({ length: step.count }, () => this.#ask(step));
    for (const query of asked) {
      const epoch = query.place?.epoch;
      // What follows a failure is not known: it fails too, unless it overtook what failed.
      if (!query.taken || epoch?.breaks) continue;
      const sequence = epoch ? { id: epoch.id, end: step.sequence!.end } : null;
      query.expected = await this.#reference.answer(query.tag, sequence);
      if (epoch) epoch.breaks = 'error' in query.expected;
    }
    return asked;
  }

  #ask({ timeout, priority, client, sequence, kind, stage, partial }: Submit): Asked {
    const now = this.#clock.now();
    const { queries, groups } = this.#engine.status();
    const full = queries >= limits.queries || groups.some(({ waiting }) => waiting >= limits.queue);
    const named = this.#stateful ? sequence : null;
    const known = named && !named.start ? this.#epochs.known(named.id, now) : undefined;
    const asked: Asked = {
      tag: writeTag({
        query: this.#asked.length,
        poisons: kind === 'poison' ? stage : undefined,
        kills: kind === 'killer',
        padding: kind === 'large' ? 5000 : 0,
      }),
      submitted: now,
      deadline: timeout === null ? Infinity : now + timeout,
      cancel: new AbortController(),
      cancelled: false,
      taken: false,
      place: null,
      stale: (known?.failedAt ?? Infinity) < Infinity,
      expected: null,
      settled: null,
      end: Infinity,
    };
    this.#asked.push(asked);
    this.#open.set(asked.tag, asked);
    const answer = this.#engine.infer(
      { text: asked.tag },
      {
        signal: asked.cancel.signal,
        priority,
        client,
        partial,
        observer: { ran: run => this.#ran(asked, run) },
        ...(timeout !== null && { timeout }),
        ...(sequence && { sequence }),
      },
    );
    asked.taken = this.#engine.status().queries > queries;
    if (asked.taken && full) this.#wrong.push(`${asked.tag} was taken over the limits`);
    if (asked.taken && named) asked.place = this.#epochs.join(named.id, named, now);
    answer.then(
      result => this.#settled(asked, outputsOf(result)),
      (error: unknown) => this.#settled(asked, { error: error as MillraceError }),
    );
    return asked;
  }

  #cancel(which: number): void {
    const open = [...this.#open.values()];
    const asked = open[which % open.length];
    if (!asked) return;
    asked.cancelled = true;
    asked.cancel.abort();
  }

  #apply(deployment: Deployment): void {
    this.#changes++;
    this.#engine.apply(deployment).then(
      () => {
        this.#changes--;
        this.#deployment = deployment;
      },
      (error: unknown) => {
        this.#changes--;
        const known = this.#closing || this.#replicas.failedStarts > 0;
        if (!known) this.#wrong.push(`a change failed: ${String(error)}`);
      },
    );
  }

  /** Waits until all is answered, replaced and idle again, and asks once more. */
  async #rest(): Promise<void> {
    await this.#clock.advanceTo(this.#clock.now() + 200_000);
    this.#check();
    assert.deepEqual([...this.#open.keys()], [], 'never answered');
    assert.equal(this.#changes, 0, 'changes under way');
    assert.equal(this.#engine.deployment, this.#deployment);
    const { queries, bytes, groups } = this.#engine.status();
    assert.deepEqual({ queries, bytes }, { queries: 0, bytes: 0 });
    assert.deepEqual(groups, restOf(this.#deployment));
    const [last] = await this.#submit({ ...plain, timeout: 100_000 });
    assert.ok(last!.taken, 'refused by an idle engine');
    await this.#clock.advanceTo(this.#clock.now() + 100_000);
    this.#check();
  }

  async #close(limit: number): Promise<void> {
    this.#closing = true;
    // What a change has begun to start comes up first.
    const startup = this.#changes > 0 ? 1000 : 0;
    const begun = this.#clock.now();
    await this.#clock.until(this.#engine.close(limit));
    assert.deepEqual([...this.#open.keys()], [], 'not answered after the drain');
    assert.ok(this.#clock.now() - begun <= limit + startup, 'drained for too long');
    assert.equal(this.#clock.pending, this.#replicas.timers, 'timers left');
    await assert.rejects(this.#engine.infer({ text: 'late' }), { code: 'unavailable' });
  }

  /** A replica is given a batch. */
  #began(batch: readonly ReadonlySet<string>[]): void {
    const now = this.#clock.now();
    for (const tags of batch) {
      if (tags.size > 1) this.#wrong.push(`an item has values of ${[...tags].join(', ')}`);
      for (const tag of tags) {
        const asked = this.#open.get(tag);
        if (!asked || asked.cancelled) this.#wrong.push(`${tag} had ended and was started`);
        else if (now >= asked.deadline) this.#wrong.push(`${tag} was started at its deadline or after`);
      }
    }
  }

  #ran(asked: Asked, { stage, outputs }: StageRun): void {
    if (asked.settled || asked.cancelled) this.#wrong.push(`${asked.tag} went on after its end, at ${stage}`);
    for (const tag of tagsIn(Object.values(outputs)))
      if (tag !== asked.tag) this.#wrong.push(`${asked.tag} was given an output of ${tag} at ${stage}`);
  }

  #settled(asked: Asked, outcome: Outcome): void {
    if (asked.settled) this.#wrong.push(`${asked.tag} ended twice`);
    asked.settled = outcome;
    asked.end = this.#clock.now();
    this.#open.delete(asked.tag);
    this.#ended.push(asked);
    if (asked.place) this.#epochs.leave(asked.place, 'error' in outcome, this.#clock.now());
  }

  /** What must be true whenever nothing more happens at this moment. */
  #check(): void {
    const now = this.#clock.now();
    for (const asked of this.#ended) {
      const problem = problemOf(asked, { replicas: this.#replicas, closing: this.#closing });
      if (problem) this.#wrong.push(`${asked.tag} ${problem}`);
    }
    this.#ended = [];
    for (const { tag, deadline, cancelled } of this.#open.values()) {
      if (now >= deadline) this.#wrong.push(`${tag} is not answered at its deadline`);
      if (cancelled) this.#wrong.push(`${tag} is not answered though it was cancelled`);
    }
    const { queries, bytes, sequences, groups } = this.#engine.status();
    const { running } = this.#replicas;
    if (queries !== this.#open.size) this.#wrong.push(`${queries} queries, not ${this.#open.size}`);
    if (queries > limits.queries) this.#wrong.push(`${queries} queries, over the limit`);
    if (sequences > limits.sequences) this.#wrong.push(`${sequences} sequences, over the limit`);
    if (bytes < 0 || (bytes > 0 && queries === 0 && running === 0)) this.#wrong.push(`${bytes} bytes held`);
    const pools = groups.flatMap(group => group.pools);
    const busy = pools.reduce((sum, pool) => sum + pool.busy, 0);
    if (busy > running) this.#wrong.push(`${busy} replicas busy with ${running} batches`);
    const waiting = groups.reduce((sum, group) => sum + group.waiting, 0);
    if (waiting > 0 && queries === 0) this.#wrong.push(`${waiting} items wait and belong to none`);
    this.#checkWork(groups);
    assert.deepEqual(this.#wrong, []);
  }

  /** No replica idles while an item waits, but for a fuller batch, for a deadline, or for fear of being lost. */
  #checkWork(groups: ReturnType<Engine['status']>['groups']): void {
    if (this.#replicas.harmed || [...this.#open.values()].some(({ deadline }) => deadline < Infinity)) return;
    for (const { name, waiting, pools } of groups) {
      if (waiting > 0 && pools.some(({ idle, maxWait }) => idle > 0 && maxWait === 0))
        this.#wrong.push(`${waiting} items wait at ${name}, where a replica idles`);
    }
  }
}
