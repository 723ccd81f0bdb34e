import type { Kind, Option, SearchGroup } from './option.ts';
import type { Relaxation } from './relaxation.ts';

/** What is searched, and how a complete choice is judged. */
export interface SearchProblem {
  /** In topological order. */
  groups: readonly SearchGroup[];
  relaxation: Relaxation;
  /** Fewest replicas of a kind that can do a group's work at all. */
  fewest(group: number, kind: Kind): number;
  /** Most replicas of a pool. */
  most: number;
  /** Most replicas of a hardware type, over all groups. */
  limits: Readonly<Record<string, number>>;
  isFeasible(choice: readonly Option[]): boolean;
  isOver(): boolean;
  /** Told whenever it is known that no feasible choice costs less than that. */
  onBound?(bound: number): void;
}
