import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { defaultDeployment, deployPlan, loadPipeline } from '../../engine/index.ts';
import { parsePlan } from '../../pipelines/index.ts';

const shipped = (name: string) =>
  loadPipeline(fileURLToPath(new URL(`../../pipelines/${name}`, import.meta.url)));

describe('without a plan', () => {
  it('light stages share their neighbour’s replica, at most one heavy stage to a group', async () => {
    const groups = defaultDeployment(await shipped('ocr'), { cores: 2 });
    expect(groups.map(({ stages }) => stages)).toEqual([
      ['decode', 'fit', 'prepare', 'detect', 'locate', 'crop', 'thumb'],
      ['orient', 'rotate'],
      ['read', 'text'],
      ['order', 'assemble'],
    ]);
  });

  it('a lone query has all cores, items one each', async () => {
    const groups = defaultDeployment(await shipped('ocr'), { cores: 2 });
    expect(groups.map(({ pools: [pool] }) => [pool!.hardware, pool!.replicas, pool!.batch])).toEqual([
      ['cpu-2', 2, 1],
      ['cpu', 2, 4],
      ['cpu', 2, 1],
      ['cpu', 1, 4],
    ]);
  });

  it('a stage whose state goes from item to item stays alone, and takes one item each of many sequences', async () => {
    const groups = defaultDeployment(await shipped('speech'), { cores: 2 });
    expect(groups.map(({ stages, pools: [pool] }) => [...stages, pool!.replicas, pool!.batch])).toEqual([
      ['decode', 'split', 1, 128],
      ['detect', 2, 128],
      ['segment', 1, 128],
    ]);
  });

  it('a GPU has the models, one replica each, and what is light stays on the processor', async () => {
    const hardware = { name: 'gpu', device: 'cuda' as const, threads: 1 };
    const groups = defaultDeployment(await shipped('ocr'), { cores: 2, hardware });
    expect(groups.map(({ stages, pools: [pool] }) => [stages.join(' '), pool!.hardware])).toEqual([
      ['decode fit prepare', 'cpu'],
      ['detect', 'gpu'],
      ['locate crop thumb', 'cpu'],
      ['orient', 'gpu'],
      ['rotate', 'cpu'],
      ['read', 'gpu'],
      ['text', 'cpu'],
      ['order assemble', 'cpu'],
    ]);
    const [first, second] = groups.map(({ pools }) => pools);
    expect(first).toEqual([
      { hardware: 'cpu', device: 'cpu', threads: 1, replicas: 2, batch: 4, maxWait: 0 },
    ]);
    expect(second).toEqual([
      { hardware: 'gpu', device: 'cuda', threads: 1, replicas: 1, batch: 1, maxWait: 0 },
    ]);
  });
});

describe('a plan', () => {
  const plan = (hardware: string, stages = 'decode, fit, normalise, classify, softmax, top') => {
    const text = `millrace: plan/1
pipeline: fashion
slo: { p99: 100 ms }
groups:
  - stages: [${stages}]
    pools: [{ hardware: ${hardware}, batch: 16, replicas: 2, max-wait: 3 ms }]
`;
    const parsed = parsePlan(text, 'plan.yaml').plan;
    if (!parsed) throw new Error('the plan of this test has mistakes');
    return parsed;
  };

  it('says groups, pools and waits; hardware comes from a file or from its name', async () => {
    const pipeline = await shipped('fashion');
    const [byName] = deployPlan(pipeline, plan('cpu-3'));
    expect(byName!.pools).toEqual([
      { hardware: 'cpu-3', device: 'cpu', threads: 3, batch: 16, replicas: 2, maxWait: 3 },
    ]);
    const [byFile] = deployPlan(pipeline, plan('t4'), { t4: { device: 'cuda', threads: 1, price: 0.5 } });
    expect(byFile!.pools[0]).toMatchObject({ hardware: 't4', device: 'cuda' });
  });

  it('must name known hardware and fit the pipeline', async () => {
    const pipeline = await shipped('fashion');
    expect(() => deployPlan(pipeline, plan('t4'))).toThrow(
      'no hardware type "t4" is defined; there are cpu, cpu-N',
    );
    expect(() => deployPlan(pipeline, plan('cpu', 'decode, fit'))).toThrow(/classify/);
  });
});
