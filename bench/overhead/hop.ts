/** What one more hop between threads costs, in round trips of a bare piscina thread. */
import { Piscina } from 'piscina';
import { Engine, loadPipeline, tensor } from '../../engine/index.ts';
import { projectFile, type BenchOptions } from '../bench.ts';
import { interleave, median, time } from '../measure.ts';

/** An engine where every stage is a group of its own, on one thread. */
async function startEngine(name: string): Promise<Engine> {
  const pipeline = await loadPipeline(projectFile(`bench/overhead/${name}.yaml`));
  const pool = { hardware: 'cpu', device: 'cpu', threads: 1, batch: 1, replicas: 1, maxWait: 0 } as const;
  const deployment = pipeline.stages.map(stage => ({
    name: stage.name,
    stages: [stage.name],
    pools: [pool],
  }));
  return Engine.start(pipeline, { deployment });
}

/** A bare thread with the settings of the engine's own, but for its lower priority. */
function startBare(): Piscina<Uint8Array, Uint8Array> {
  return new Piscina({
    filename: new URL('./bare-echo.js', import.meta.url).href,
    minThreads: 1,
    maxThreads: 1,
    concurrentTasksPerWorker: 1,
    idleTimeout: Infinity,
    recordTiming: false,
  });
}

/** Medians of every round, in milliseconds. */
export interface HopTimes {
  one: number[];
  two: number[];
  bare: number[];
}

/*
 * benchmark.js would give means, of one way after the other. A mean takes in every pause of the machine, and what
 * changes between two ways would count as their difference.
 */
export async function measureHop({ quick }: BenchOptions): Promise<HopTimes> {
  const [rounds, blocks, size] = quick ? [2, 2, 50] : [5, 40, 100];
  const payload = new Uint8Array(1024).fill(7);
  const engines = await Promise.all([startEngine('one-echo'), startEngine('two-echoes')]);
  const thread = startBare();
  const through = (engine: Engine) => () => engine.infer({ value: tensor('UINT8', [1024], payload) });
  const ways = { one: through(engines[0]), two: through(engines[1]), bare: () => thread.run(payload) };
  const times: HopTimes = { one: [], two: [], bare: [] };
  /** Small blocks in turns make up a round, so that all three see the same machine. */
  const round = async (): Promise<HopTimes> => {
    const single: HopTimes = { one: [], two: [], bare: [] };
    const block = (name: keyof HopTimes) => async () => {
      const start = single[name].length;
      while (single[name].length < start + size) single[name].push(await time(ways[name]));
      return 0;
    };
    await interleave(blocks, { one: block('one'), two: block('two'), bare: block('bare') });
    return single;
  };
  try {
    await round();
    for (let i = 0; i < rounds; i++) {
      const single = await round();
      for (const name of ['one', 'two', 'bare'] as const) times[name].push(median(single[name]));
    }
  } finally {
    await Promise.all([...engines.map(engine => engine.close()), thread.destroy()]);
  }
  return times;
}
