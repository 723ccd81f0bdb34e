/** One stage of a profile's file: its scale, and its times by batch size. */
import type { Quantile } from '../../operators/index.ts';
import { nearest, pointer, type SourceFile } from '../../pipelines/index.ts';
import { readScale, type FileScale } from './profile-scale.ts';
import type { Rested, StageProfile } from './profile.ts';
import { smoothTimes, type Fall, type MeasuredTimes } from './smooth.ts';

/** A stage as the file has it, once that fits the schema. */
export interface FileStage {
  scale: FileScale;
  wake?: number;
  interference?: number | Record<string, number>;
  crowded?: Record<string, number>;
  threads?: number;
  rested?: Record<string, Partial<Omit<Rested, 'rest'>>>;
  memory?: number;
  batches: Record<string, FileBatch>;
}

interface FileBatch {
  mean?: number;
  quantiles?: Record<string, number>;
}

/** Figures that a warning names. */
const shownFigures = 4;

/** Reads the stage of that name. After a mistake, which goes to `source`, what is returned is of no use. */
export function readStage(source: SourceFile, name: string, stage: FileStage): StageProfile {
  const at = pointer('stages', name);
  checkSpelling(source, at, stage, 'memory');
  const measured = readBatches(source, name, stage.batches);
  const { batches, falls } = smoothTimes(measured);
  warnOfFalls(source, name, falls);
  return {
    scale: readScale(source, name, stage.scale),
    ...(stage.wake !== undefined && { wake: stage.wake }),
    ...(stage.interference !== undefined && {
      interference: readInterference(source, `${at}/interference`, stage.interference),
    }),
    ...(stage.crowded && { crowded: readQuantiles(source, `${at}/crowded`, stage.crowded) }),
    ...(stage.rested && { rested: readRested(stage.rested) }),
    ...(stage.threads !== undefined && { threads: stage.threads }),
    ...(stage.memory !== undefined && { memory: stage.memory }),
    batches,
  };
}

/** A number is as much at every quantile. */
function readInterference(
  source: SourceFile,
  at: string,
  given: NonNullable<FileStage['interference']>,
): Quantile[] {
  return typeof given === 'number' ? [{ percentage: 50, time: given }] : readQuantiles(source, at, given);
}

/** A longer rest never makes a batch faster: what falls is noise. */
function readRested(rested: NonNullable<FileStage['rested']>): Rested[] {
  let [most, mostWake] = [0, 0];
  return Object.entries(rested)
    .map(([rest, { time = 0, wake = 0 }]) => ({ rest: Number(rest), time, wake }))
    .toSorted((a, b) => a.rest - b.rest)
    .map(({ rest, time, wake }) => {
      most = Math.max(most, time);
      mostWake = Math.max(mostWake, wake);
      return { rest, time: most, wake: mostWake };
    });
}

/** The times of each batch size that has some, in ascending order. */
function readBatches(source: SourceFile, stage: string, batches: FileStage['batches']): MeasuredTimes[] {
  const at = pointer('stages', stage, 'batches');
  if (Object.keys(batches).length === 0) {
    source.mistake('missing-times', source.keyOf(at), `stage "${stage}" has no times of any batch size`);
  }
  return Object.entries(batches)
    .flatMap(([size, times]) => {
      const here = at + pointer(size);
      checkSpelling(source, here, times, 'quantiles');
      const { mean, quantiles: given = {} } = times;
      const quantiles = readQuantiles(source, `${here}/quantiles`, given);
      if (mean !== undefined || quantiles.length > 0) {
        return [{ batch: Number(size), ...(mean !== undefined && { mean }), quantiles }];
      }
      const message = `batches of ${size} of stage "${stage}" have no times; give "mean", "quantiles" or both`;
      source.mistake('missing-times', source.keyOf(here), message);
      return [];
    })
    .toSorted((a, b) => a.batch - b.batch);
}

/** Quantiles by their percentage as numbers, which may be written in several ways: twice is a mistake. */
export function readQuantiles(
  source: SourceFile,
  at: string,
  quantiles: Readonly<Record<string, number>>,
): Quantile[] {
  const times = new Map<number, number>();
  for (const [key, time] of Object.entries(quantiles)) {
    const percentage = Number(key);
    if (times.has(percentage)) {
      source.mistake(
        'duplicate-key',
        source.keyOf(at + pointer(key)),
        `${percentage} % is already given above`,
      );
    }
    times.set(percentage, time);
  }
  const read = Array.from(times, ([percentage, time]) => ({ percentage, time }));
  return read.toSorted((a, b) => a.percentage - b.percentage);
}

/** Figures of a newer version are let pass, one of this that is misspelt is not. */
function checkSpelling(source: SourceFile, at: string, given: object, name: string): void {
  if (Object.hasOwn(given, name)) return;
  for (const key of Object.keys(given)) {
    if (nearest(key, [name]) === undefined) continue;
    source.mistake('unknown-key', source.keyOf(at + pointer(key)), `there is no figure "${key}"`, name);
  }
}

/** One warning for each batch size, or pair of them, with the figures that fall there. */
function warnOfFalls(source: SourceFile, stage: string, falls: readonly Fall[]): void {
  const byPlace = new Map<string, Fall[]>();
  for (const fall of falls) {
    const place = `${fall.from.batch} ${fall.to.batch}`;
    byPlace.set(place, [...(byPlace.get(place) ?? []), fall]);
  }
  for (const those of byPlace.values()) {
    const { from, to } = those[0]!;
    const where =
      from.batch === to.batch
        ? `in batches of ${to.batch}`
        : `from batches of ${from.batch} to batches of ${to.batch}`;
    const told = those.slice(0, shownFigures).map(describeFall).join(', ');
    const more = those.length > shownFigures ? ` and ${those.length - shownFigures} more` : '';
    const message = `times of stage "${stage}" fall ${where}, which is noise and is smoothed: ${told}${more}`;
    source.mistake('falling-time', source.keyOf(pointer('stages', stage, 'batches', to.batch)), message);
  }
}

function describeFall({ from, to }: Fall): string {
  const name = from.name === to.name ? to.name : `${to.name} after ${from.name}`;
  return `${name} from ${Number(from.time.toFixed(3))} to ${Number(to.time.toFixed(3))} ms`;
}
