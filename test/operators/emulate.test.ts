import { describe, expect, it } from 'vitest';
import { pipelineOf, startVirtual, textsOf } from '../support/virtual-engine.ts';

const stage = (params: string) =>
  `  a: { operator: emulate, inputs: { in: inputs.text }, params: ${params} }`;

async function answers(params: string, outputs: string, count: number) {
  const { engine, clock } = await startVirtual(await pipelineOf(stage(params), outputs), { batch: 100 });
  const queries = Array.from({ length: count }, (_, index) => engine.infer({ text: `q${index}` }));
  return clock.until(Promise.all(queries));
}

describe('an emulated stage', () => {
  it('takes as long as its table says for the batch, in several goes beyond its largest', async () => {
    const results = await answers('{ latency: { 1: 5 ms, 5: 13 ms } }', '{ out: a.out }', 12);
    // One alone, then eleven together: twice a batch of five and one more.
    expect(results.map(({ latency }) => latency)).toEqual([
      5,
      ...Array.from({ length: 11 }, () => 5 + 13 + 13 + 5),
    ]);
  });

  it('passes its input on', async () => {
    const [first] = await answers('{ latency: { 1: 5 ms } }', '{ out: a.out }', 1);
    expect(textsOf(first!.outputs['out'])).toBe('q0');
  });

  it('emits texts by their shares, the same every time', async () => {
    const run = () =>
      answers('{ latency: { 1: 1 ms }, emit: { code: { en: 3, de: 1 } } }', '{ code: a.code }', 1000);
    const codes = (await run()).map(({ outputs }) => textsOf(outputs['code']));
    expect(codes.filter(code => code === 'en').length / 1000).toBeCloseTo(0.75, 1);
    expect((await run()).map(({ outputs }) => textsOf(outputs['code']))).toEqual(codes);
  });

  it('makes lists of the lengths it is told, in order or by their mean', async () => {
    const lengths = async (items: string, count: number) =>
      (await answers(`{ latency: { 1: 1 ms }, items: ${items} }`, '{ items: a.items }', count)).map(
        ({ outputs }) => (outputs['items'] as unknown[]).length,
      );
    expect(await lengths('{ samples: [2, 0, 3] }', 5)).toEqual([2, 0, 3, 2, 0]);
    expect(await lengths('{ mean: 4 }', 3)).toEqual([4, 4, 4]);
    const drawn = await lengths('{ mean: 1.3 }', 900);
    expect(new Set(drawn)).toEqual(new Set([1, 2]));
    expect(drawn.reduce((sum, length) => sum + length, 0) / 900).toBeCloseTo(1.3, 1);
  });
});
