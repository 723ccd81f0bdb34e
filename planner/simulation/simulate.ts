/**
 * The discrete-event simulation of a deployed pipeline.
 *
 * One total order of events: by time; at one instant completions come before changes of the deployment, these before
 * arrivals, arrivals before wake-ups, these before a controller's looks, then by sequence. All draws are keyed by seed,
 * stage, query and item, so the same input gives the same answer to the last digit, whatever else changes. State is in
 * typed arrays; an event allocates nothing, but for a change of the deployment.
 */
import { keyedPrefix } from '../../operators/index.ts';
import type { Sample } from '../workload/workload.ts';
import { Changes } from './changes.ts';
import type { Change, Controller } from './control.ts';
import type { SimulatedDeployment } from './deployment.ts';
import { SimulatedFlow, type FlowEvents } from './flow.ts';
import { Host, type Shared } from './host.ts';
import { MainThread, mainThread, Task } from './main-thread.ts';
import { noStage, type Outcome } from './outcome.ts';
import { QueryDraws } from './query-draws.ts';
import { QueryTable } from './query-table.ts';
import { nothingRemains } from './least-remaining.ts';
import { RunningGroups } from './running-groups.ts';
import type { DropEvents, Surroundings } from './surroundings.ts';
import { Turns } from './turns.ts';
import { UnionDraws } from './union-draws.ts';
import type { Structure } from './structure.ts';

/** Breaks a simulation off once more than `allowed` queries took longer than `limit` milliseconds. */
export interface MissLimit {
  /** Of one of several pipelines only. */
  part?: number;
  limit: number;
  allowed: number;
}

export interface SimulateOptions {
  missLimits?: readonly MissLimit[];
  /** In order of time. */
  changes?: readonly Change[];
  controller?: Controller;
  /** Milliseconds after its arrival from which on a query is dropped rather than worked on. */
  deadline?: number;
}

/** Simulates one sample to its end, or until it misses too much. */
export function simulate(
  structure: Structure,
  deployment: SimulatedDeployment,
  sample: Sample,
  options: SimulateOptions = {},
): Outcome {
  return new Simulation(structure, deployment, sample, options).run();
}

class Simulation implements FlowEvents, DropEvents {
  readonly #structure: Structure;
  readonly #sample: Sample;
  readonly #draws: Pick<QueryDraws, 'draw' | 'open' | 'counts'>;
  readonly #table: QueryTable;
  readonly #flow: SimulatedFlow;
  readonly #around: Surroundings;
  readonly #hosts: readonly Shared[];
  readonly #groups: RunningGroups;
  readonly #main: MainThread;
  /** What the main thread has to itself, if it shares no host with replicas. */
  readonly #apart: Shared | null;
  readonly #changes: Changes;
  readonly #controller: Controller | null;
  /** Whether some pool waits for fuller batches, so that there are wake-ups. */
  readonly #mayWait: boolean;
  readonly #missLimits: readonly MissLimit[];
  readonly #misses: Float64Array;
  readonly #stageCounts;
  readonly #latencies: Float64Array;
  /** What a query had of each stage that a controller is told of. */
  readonly #items: Int32Array;
  #now = 0;
  #finished = 0;
  #dropped = 0;
  #aborted = false;
  #events = 0;

  constructor(
    structure: Structure,
    { groups, hosts, engine }: SimulatedDeployment,
    sample: Sample,
    options: SimulateOptions,
  ) {
    const { missLimits = [], changes = [], deadline = Infinity, controller = null } = options;
    this.#structure = structure;
    this.#sample = sample;
    this.#draws = structure.parts
      ? new UnionDraws(structure, sample.seed, sample.parts!)
      : new QueryDraws(structure, sample.seed);
    this.#table = new QueryTable(structure);
    this.#flow = new SimulatedFlow(structure, this.#table, this);
    this.#changes = new Changes(changes);
    this.#controller = controller;
    this.#mayWait = groups.some(({ pools }) => pools.some(({ maxWait }) => maxWait > 0));
    this.#missLimits = missLimits;
    this.#misses = new Float64Array(missLimits.length);
    this.#stageCounts = structure.stages.map(noStage);
    this.#latencies = new Float64Array(sample.arrivals.length).fill(NaN);
    this.#items = new Int32Array(structure.stages.length);
    this.#hosts = [Infinity, ...hosts].map(host => (host === 'device' ? new Turns() : new Host(host)));
    const { host: engineHost = -1 } = engine;
    this.#apart = engineHost < 0 ? new Host(Infinity) : null;
    this.#main = new MainThread(engine, this.#apart ?? this.#hosts[engineHost + 1]!, sample.seed);
    this.#around = {
      structure,
      table: this.#table,
      flow: this.#flow,
      prefixes: Int32Array.from(structure.stages, ({ index }) => keyedPrefix(sample.seed, index)),
      stageCounts: this.#stageCounts,
      deadline,
      remaining: nothingRemains,
      sequence: 0,
      drops: this,
      controller,
    };
    this.#groups = new RunningGroups(groups, this.#around, { hosts: this.#hosts, changes, controller });
  }

  run(): Outcome {
    const isChanged = this.#controller !== null || this.#changes.next < Infinity;
    if (this.#main.instant && this.#hosts.length === 1 && !isChanged && !this.#mayWait)
      this.#runPlain(this.#hosts[0]!);
    else this.#runAll();
    return this.#outcome();
  }

  /** With nothing but arrivals and completions: most simulations, and those that must be fast. */
  #runPlain(host: Shared): void {
    const { arrivals } = this.#sample;
    for (let arrived = 0; !this.#aborted;) {
      const arrival = arrived < arrivals.length ? arrivals[arrived]! : Infinity;
      const completion = host.next;
      if (completion <= arrival) {
        if (completion === Infinity) return;
        this.#now = completion;
        this.#complete(host.end(completion));
      } else {
        this.#now = arrival;
        this.#start(arrived++);
      }
      this.#events++;
      this.#groups.dispatch(this.#now);
    }
  }

  #runAll(): void {
    const { arrivals } = this.#sample;
    let arrived = 0;
    while (!this.#aborted) {
      const arrival = arrived < arrivals.length ? arrivals[arrived]! : Infinity;
      const change = this.#changes.next;
      const host = this.#nextHost();
      const completion = host.next;
      const wake = this.#groups.wake;
      const handled = this.#apart?.next ?? Infinity;
      const time = Math.min(handled, completion, change, arrival, wake);
      if (time === Infinity) return;
      const look = this.#controller?.next ?? Infinity;
      this.#now = Math.min(time, look);
      this.#events++;
      if (look < time) this.#changes.add(this.#controller!.look(look));
      else if (time === handled) this.#end(this.#apart!);
      else if (time === completion) this.#end(host);
      else if (time === change) this.#change(this.#changes.take());
      else if (time === arrival) this.#arrive(arrived++);
      this.#groups.dispatch(this.#now);
    }
  }

  #change(change: Change): void {
    if ('groups' in change) this.#groups.replace(change.groups, this.#now);
    else this.#groups.at(change.group).scale(change.pool, change.change, this.#now);
  }

  /** The host whose next batch ends first. */
  #nextHost(): Shared {
    let first = this.#hosts[0]!;
    for (let h = 1; h < this.#hosts.length; h++) {
      const host = this.#hosts[h]!;
      const { next } = host;
      if (next < first.next || (next === first.next && next < Infinity && host.sequence < first.sequence))
        first = host;
    }
    return first;
  }

  #arrive(query: number): void {
    this.#controller?.arrived(this.#now);
    if (this.#main.instant) this.#start(query);
    else this.#main.push(Task.arrival, query, 0, this.#now, this.#around.sequence++);
  }

  /** Something is over on a host: a batch, or what the main thread did. */
  #end(host: Shared): void {
    const who = host.end(this.#now);
    if (who === mainThread) this.#handle();
    else this.#complete(who);
  }

  #complete(replica: number): void {
    const group = this.#groups.owner(replica);
    group.leaveHost(replica, this.#now);
    if (this.#main.instant) group.complete(replica, this.#now);
    else {
      const items = group.itemsOf(replica);
      this.#main.push(Task.completion, replica, items, this.#now, this.#around.sequence++);
    }
  }

  /** The main thread is done with something. */
  #handle(): void {
    this.#main.shift(this.#now, this.#around.sequence++);
    const { kind, id } = this.#main;
    if (kind === Task.arrival) this.#start(id);
    else this.#groups.owner(id).complete(id, this.#now);
  }

  #start(query: number): void {
    const row = this.#table.add(query, this.#sample.arrivals[query]!);
    const { plain, width } = this.#structure;
    if (!plain) {
      this.#draws.draw(query);
      const { open, counts } = this.#draws;
      for (let at = 0; at < width; at++) this.#table.open[row * width + at] = open[at]!;
      for (let f = 0; f < counts.length; f++) this.#table.counts[row * counts.length + f] = counts[f]!;
    }
    this.#flow.start(row);
  }

  ready(work: number, stage: number): void {
    this.#groups.of(stage).enqueue(work, this.#now);
  }

  finished(row: number): void {
    const latency = this.#now - this.#table.arrived[row]!;
    this.#latencies[this.#table.query[row]!] = latency;
    this.#finished++;
    this.#table.remove(row);
    this.#countMisses(row, latency);
    if (this.#controller !== null && latency <= this.#around.deadline)
      this.#controller.answered(this.#now, this.#table.itemsOf(row, this.#items));
  }

  dropped(row: number): void {
    this.#dropped++;
    this.#countMisses(row, Infinity);
  }

  #countMisses(row: number, latency: number): void {
    for (let m = 0; m < this.#missLimits.length; m++) {
      const { limit, allowed, part } = this.#missLimits[m]!;
      if (part !== undefined && this.#sample.parts![this.#table.query[row]!] !== part) continue;
      if (latency > limit && ++this.#misses[m]! > allowed) this.#aborted = true;
    }
  }

  #outcome(): Outcome {
    return {
      latencies: this.#latencies,
      finished: this.#finished,
      dropped: this.#dropped,
      aborted: this.#aborted,
      misses: [...this.#misses],
      end: this.#now,
      events: this.#events,
      stages: this.#stageCounts,
      groups: this.#groups.counts,
      pools: this.#groups.poolCounts,
      mainBusy: this.#main.busy,
    };
  }
}
