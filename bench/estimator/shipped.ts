/** Are the pipelines that ship, with their real models, as fast as was predicted from their profiles? */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { Profile } from '../../planner/index.ts';
import type { BenchOptions } from '../bench.ts';
import type { Row } from './row.ts';
import type { Order } from './shipped-main.ts';
import type { Replay } from './shipped-pipeline.ts';
import { compare } from './shipped-prediction.ts';

const script = new URL('./shipped-main.js', import.meta.url);

/** Has a process of its own do it. */
async function inProcess<Result>(order: Order): Promise<Result> {
  const child = fork(script, { serialization: 'advanced' });
  const failed = once(child, 'exit').then(([code]) => {
    throw new Error(`the process for ${order.pipeline} ended with ${code}`);
  });
  child.send(order);
  const [result] = (await Promise.race([once(child, 'message'), failed])) as [Result];
  await failed.catch(() => undefined);
  return result;
}

/** For each pipeline that ships: profiled on this machine, and compared with what its engine does. */
export async function measureShipped({ quick }: BenchOptions): Promise<Row[]> {
  const rows: Row[] = [];
  for (const pipeline of quick ? [] : ['ocr', 'fashion', 'speech']) {
    const before = await inProcess<Profile>({ pipeline });
    const replays = await inProcess<Replay[]>({ pipeline, profile: before });
    const after = await inProcess<Profile>({ pipeline });
    for (const replay of replays) rows.push(await compare(pipeline, [before, after], replay));
  }
  return rows;
}
