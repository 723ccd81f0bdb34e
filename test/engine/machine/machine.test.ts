import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { builtinOperators } from '../../../operators/index.ts';
import { bind, randomStages } from '../../planner/simulation/random-pipeline.ts';
import { Machine } from './machine.ts';
import { anyStep, choices, harms } from './steps.ts';
import { traced } from './traced.ts';

/** How many steps to take at least; more of them find more. */
const least = Number(process.env['MILLRACE_MACHINE_STEPS'] ?? 20_000);

/** `SEED/PATH`, as a failure prints them: takes the steps of that run again. */
const replay = process.env['MILLRACE_MACHINE_REPLAY']?.split('/');

// As one that is built in: loading it takes no real time, while the virtual clock would go on.
Object.assign(builtinOperators, { traced: async () => traced });
const stageOperator = { name: 'traced', operator: traced, code: { builtin: 'traced' } };

/** By seeds, since values drawn in the course of a run can't be drawn again when it is shrunk. */
const pipelines = fc.nat().map(seed => fc.sample(fc.gen().map(randomStages), { seed, numRuns: 1 })[0]!);

const setting = fc.record({
  choices,
  startTime: fc.constantFrom(0, 0, 3, 25),
  forecast: fc.boolean(),
  /** By stage: 9 where it may not be run twice. */
  purity: fc.array(fc.nat(9), { minLength: 7, maxLength: 7 }),
});

/** What befalls replicas excuses failures: not every run has it, so that there are no excuses. */
const steps = fc
  .constantFrom(...harms)
  .chain(harm => fc.array(anyStep(harm), { minLength: 1, maxLength: 160, size: 'max' }));

/** Milliseconds to drain for; null: all is let finish. */
const drain = fc.constantFrom(null, null, 0, 20, 30_000);

/** Milliseconds after which a failure is told though it could be shrunk further. */
const interruptAfterTimeLimit = 120_000;

it(
  'keeps its promises through queries, cancellations, deadlines, faults, changes of plan and drains',
  async () => {
    let taken = 0;
    const property = fc.asyncProperty(
      pipelines,
      setting,
      steps,
      drain,
      async (stages, { purity, ...options }, toTake, limit) => {
        const keys = (stage: number) => ({ timeout: '1 s', pure: purity[stage] !== 9 });
        const pipeline = await bind(stages, stageOperator, keys);
        const machine = await Machine.start({ pipeline, stages, ...options });
        for (const step of toTake) {
          await machine.step(step);
          taken++;
        }
        await machine.end(limit);
      },
    );
    if (replay) {
      const [seed, path] = replay;
      await fc.assert(property, { seed: Number(seed), path: path! });
      return;
    }
    while (taken < least) await fc.assert(property, { numRuns: 25, interruptAfterTimeLimit });
    expect(taken).toBeGreaterThanOrEqual(least);
  },
  60 * 60_000,
);
