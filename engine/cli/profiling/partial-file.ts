/** Measurements on disk while there is no whole profile, so that an interrupted run is gone on with. */
import { readFile, rm } from 'node:fs/promises';
import {
  nothingMeasured,
  readMeasurements,
  writeMeasurements,
  type Measurements,
} from '../../profiler/measurements.ts';
import { writeWhole } from '../whole-file.ts';

export class PartialFile {
  readonly path: string;
  readonly #identity: string;

  /**
   * @param out path of the profile that is to be
   * @param identity of what is measured
   */
  constructor(out: string, identity: string) {
    this.path = `${out}.partial`;
    this.#identity = identity;
  }

  /** What it holds; nothing, if that is of another pipeline, hardware, machine or samples, or there is none. */
  async read(): Promise<Measurements> {
    const text = await readFile(this.path, 'utf8').catch(() => '');
    return readMeasurements(text, this.#identity) ?? nothingMeasured;
  }

  /** @throws MillraceError where it can't be written */
  async write(measurements: Measurements): Promise<void> {
    await writeWhole(this.path, writeMeasurements(measurements, this.#identity));
  }

  async remove(): Promise<void> {
    await rm(this.path, { force: true });
  }
}
