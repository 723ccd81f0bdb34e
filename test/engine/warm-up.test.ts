import { describe, expect, it } from 'vitest';
import { localReplicas, type ReplicaFactory } from '../../engine/index.ts';
import type { ReplicaSpec } from '../../engine/runtime/message.ts';
import { textOf, type BytesTensor } from '../../operators/index.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { deploymentOf, pipelineOf, startVirtual } from '../support/virtual-engine.ts';

/**
 * What each replica was to be warmed up with: the text, and the sizes of the batches.
 * @param then what is deployed once the texts were asked
 */
async function started(
  stage: string,
  texts: readonly string[],
  batch = 6,
  then: Parameters<typeof deploymentOf>[1] = { batch, replicas: 2 },
) {
  const pipeline = await pipelineOf(`  a: { inputs: { in: inputs.text }, ${stage} }`, '{ out: a.out }');
  const clock = new VirtualClock();
  const specs: ReplicaSpec[] = [];
  const inner = localReplicas(clock);
  const replicas: ReplicaFactory = {
    start(spec) {
      specs.push(spec);
      return inner.start(spec);
    },
  };
  const { engine } = await startVirtual(pipeline, { clock, replicas, batch });
  for (const text of texts) await clock.until(engine.infer({ text }).catch(() => undefined));
  await clock.until(engine.apply(deploymentOf(pipeline, then)));
  return specs.map(({ warmUp }) =>
    warmUp?.map(({ values, items }) => [textOf(values[0] as BytesTensor), items]),
  );
}

describe('a new replica', () => {
  const echo = 'operator: ./operators.mjs#echo';

  it('runs an item seen before in batches of each size', async () => {
    expect(await started(echo, ['x', 'y'])).toEqual([
      undefined,
      [
        ['x', 1],
        ['x', 2],
        ['x', 4],
        ['x', 6],
      ],
    ]);
  });

  it('has nothing to run where none was seen, or where a stage may not be run for nobody', async () => {
    expect(await started(echo, [])).toEqual([undefined, undefined]);
    expect(await started(`${echo}, pure: false`, ['x'])).toEqual([undefined, undefined]);
  });

  it('is not given what failed or never ended before', async () => {
    expect(await started('operator: ./operators.mjs#fragile', ['poison', 'x'], 1)).toEqual([
      undefined,
      [['x', 1]],
    ]);
    const stuck = 'operator: ./operators.mjs#stuck, timeout: 1 s';
    expect((await started(stuck, ['hang', 'x'], 1)).at(-1)).toEqual([['x', 1]]);
  });

  it('is not given what is large', async () => {
    expect(await started(echo, ['x'.repeat(17 * 1024 ** 2)])).toEqual([undefined, undefined]);
  });

  it('takes the place of one that is not warm for larger batches', async () => {
    const [, another, ...others] = await started(echo, ['x'], 3, { batch: 6, replicas: 1 });
    expect(another?.map(([, items]) => items)).toEqual([1, 2, 4, 6]);
    expect(others).toEqual([]);
    expect(await started(echo, ['x'], 6, { batch: 3, replicas: 1 })).toHaveLength(1);
    // Another would not be warm for them either.
    expect(await started(`${echo}, pure: false`, ['x'], 3, { batch: 6, replicas: 1 })).toHaveLength(1);
  });
});
