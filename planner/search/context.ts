/** What the steps of a search share. */
import type { Objective } from '../../pipelines/index.ts';
import type { System } from '../system.ts';
import type { Sample } from '../workload/workload.ts';
import type { Evaluator } from './evaluator.ts';
import type { Option, SearchGroup } from './option.ts';

export interface SearchProgress {
  /** What is being done. */
  phase: string;
  /** US dollars per hour of the cheapest feasible plan so far. */
  best: number | null;
  /** No feasible plan costs less. */
  bound: number;
  /** Plans simulated. */
  evaluated: number;
}

export interface SearchOptions {
  /** Milliseconds the search may take. */
  budget: number;
  /** Whether a group may have pools of different hardware. */
  mixed: boolean;
  /** Whether neighbouring stages may share replicas. */
  fusion: boolean;
  /** Most replicas of one pool. */
  most: number;
  /** A clock, in milliseconds. */
  now(): number;
  onProgress?(progress: SearchProgress): void;
}

/** A choice for some grouping of the stages. */
export interface Candidate {
  groups: readonly SearchGroup[];
  choice: readonly Option[];
}

export interface SearchContext {
  system: System;
  samples: readonly Sample[];
  slo: readonly Objective[];
  options: SearchOptions;
  evaluator: Evaluator;
  limits: Readonly<Record<string, number>>;
  isOver(): boolean;
  /** Cost of the cheapest plan so far, in US dollars per hour, for those who watch; null until there is one. */
  progress: { best: number | null };
}

/** Takes note of a plan's cost. */
export function note({ progress }: SearchContext, cost: number): void {
  progress.best = Math.min(cost, progress.best ?? cost);
}
