import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { groupStages } from '../../engine/runtime/grouping.ts';
import type { MillraceError } from '../../operators/index.ts';
import type { VirtualClock } from '../support/virtual-clock.ts';
import { isAtRest, pipelineOf, startVirtual, textsOf } from '../support/virtual-engine.ts';
import type { Engine } from '../../engine/index.ts';

/** A stage that reads what an earlier one gave (or the input), and how. */
const stage = fc.record({
  from: fc.nat(5),
  kind: fc.constantFrom('echo', 'emulate', 'fragile'),
  latency: fc.integer({ min: 1, max: 40 }),
});

const shape = fc.record({
  stages: fc.array(stage, { minLength: 1, maxLength: 5 }),
  perItem: fc.array(stage, { maxLength: 3 }),
  batch: fc.integer({ min: 1, max: 5 }),
  replicas: fc.integer({ min: 1, max: 3 }),
  maxWait: fc.constantFrom(0, 7),
  fused: fc.boolean(),
});

const query = fc.record({
  at: fc.integer({ min: 0, max: 100 }),
  kind: fc.constantFrom('plain', 'plain', 'plain', 'poison', 'cancelled'),
  cancelAfter: fc.integer({ min: 0, max: 60 }),
  items: fc.integer({ min: 0, max: 3 }),
});

function line(name: string, kind: string, latency: number, from: string, each: string): string {
  const operator = kind === 'emulate' ? 'emulate' : `./operators.mjs#${kind}`;
  const params = kind === 'emulate' ? `, params: { latency: { 1: ${latency} ms } }` : '';
  return `  ${name}: { ${each}operator: ${operator}, inputs: { in: ${from} }${params} }`;
}

async function build({
  stages,
  perItem,
  batch,
  replicas,
  maxWait,
  fused,
}: typeof shape extends fc.Arbitrary<infer T> ? T : never) {
  const lines = stages.map(({ from, kind, latency }, index) =>
    line(`s${index}`, kind, latency, index === 0 || from >= index ? 'inputs.text' : `s${from}.out`, ''),
  );
  lines.push('  parts: { operator: ./operators.mjs#split, inputs: { text: inputs.text } }');
  for (const [index, { from, kind, latency }] of perItem.entries()) {
    const source = index === 0 || from >= index ? 'parts.parts' : `p${from}.out`;
    lines.push(line(`p${index}`, kind, latency, 'item', `each: ${source}, `));
  }
  const ports = [
    ...stages.map((_, index) => `s${index}: s${index}.out`),
    ...perItem.map((_, index) => `p${index}: p${index}.out`),
    'parts: parts.parts',
  ];
  lines.push(`  all: { operator: json/assemble, inputs: { ${ports.join(', ')} } }`);
  const pipeline = await pipelineOf(lines.join('\n'), '{ all: all.json }');
  const groups = fused ? groupStages(pipeline) : pipeline.stages.map(({ name }) => [name]);
  return startVirtual(pipeline, { groups, batch, pool: { replicas, maxWait } });
}

async function submit(
  engine: Engine,
  clock: VirtualClock,
  text: string,
  cancelAfter: number | null,
): Promise<string> {
  const cancel = new AbortController();
  if (cancelAfter !== null) clock.at(clock.now() + cancelAfter, () => cancel.abort());
  try {
    const { outputs } = await engine.infer({ text }, { signal: cancel.signal });
    return textsOf(outputs['all']) as string;
  } catch (error) {
    return (error as MillraceError).code;
  }
}

describe('the engine’s promises', () => {
  it('hold for any pipeline, grouping, batching, poison and cancellation', async () => {
    await fc.assert(
      fc.asyncProperty(shape, fc.array(query, { minLength: 1, maxLength: 12 }), async (form, queries) => {
        const { engine, clock } = await build(form);
        const fragile = [...form.stages, ...form.perItem].some(({ kind }) => kind === 'fragile');
        const answers: Promise<string>[] = [];
        for (const [index, { at, kind, cancelAfter, items }] of queries.entries()) {
          clock.at(at, () => {
            const parts = Array.from({ length: items }, (_, item) => `q${index}i${item}`);
            const text = kind === 'poison' ? 'poison' : parts.join(',') || `q${index}`;
            answers[index] = submit(engine, clock, text, kind === 'cancelled' ? cancelAfter : null);
          });
        }
        await clock.advanceTo(100);
        const texts = await clock.until(Promise.all(answers));
        for (const [index, { kind, items }] of queries.entries()) {
          const answer = texts[index]!;
          if (kind === 'cancelled' && answer === 'cancelled') continue;
          if (kind === 'poison' && fragile) {
            expect(answer).toBe('stage-failed');
            continue;
          }
          // Whatever batches it shared, a query is answered with its own text at every stage and item.
          const own =
            kind === 'poison'
              ? 'poison'
              : Array.from({ length: items }, (_, item) => `q${index}i${item}`).join(',') || `q${index}`;
          const values = Object.values(JSON.parse(answer) as Record<string, string | string[]>);
          for (const value of values) expect(Array.isArray(value) ? value.join(',') : value).toBe(own);
        }
        await clock.advanceTo(100_000);
        expect(isAtRest(engine)).toBe(true);
        await clock.until(engine.close());
        expect(clock.pending).toBe(0);
      }),
      { numRuns: 60 },
    );
  });
});
