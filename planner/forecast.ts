/** What profiles say of the time that work takes, for who decides about a query while it is under way. */
import type { System } from './system.ts';

export interface Forecast {
  /** The least milliseconds that one item takes at a stage; 0 where that is not known. */
  leastOf(stage: string, hardware: string): number;
  /** Mean milliseconds that a replica of these stages takes for so many items; undefined where that is not known. */
  timeOf(stages: readonly string[], hardware: string, items: number): number | undefined;
  /** Mean items of a query at a stage. */
  scaleOf(stage: string): number;
  /** Whether every query that was seen brought the stage an item at least. */
  isCertain(stage: string): boolean;
}

export function forecastOf(system: System): Forecast {
  const scales = new Map(system.structure.stages.map(({ name, scale }) => [name, scale]));
  return {
    leastOf: (stage, hardware) => system.timesOf(stage, hardware)?.least(1) ?? 0,
    timeOf(stages, hardware, items) {
      let sum = system.wakeOf(stages, hardware);
      for (const stage of stages) {
        const times = system.timesOf(stage, hardware);
        if (!times || items > times.largest) return undefined;
        sum += times.mean(items);
      }
      return sum;
    },
    scaleOf: stage => scales.get(stage)?.mean ?? 1,
    isCertain(stage) {
      const scale = scales.get(stage);
      if (!scale) return false;
      return scale.samples.length > 0 ? scale.samples.every(count => count >= 1) : scale.mean >= 1;
    },
  };
}
