/** Plans anew in a thread of its own. */
import { Piscina } from 'piscina';
import type { Answer, PlanOrder } from '../../planner/index.ts';
import { threadNiceness } from '../runtime/niceness.ts';
import { planAnewBy } from './plan-anew.ts';

const filename = new URL('./plan-worker.js', import.meta.url).href;

async function searchInThread(order: PlanOrder, signal: AbortSignal): Promise<Answer> {
  const pool = new Piscina<PlanOrder, Answer>({
    filename,
    minThreads: 1,
    maxThreads: 1,
    niceIncrement: threadNiceness,
  });
  try {
    return await pool.run(order, { signal });
  } finally {
    await pool.destroy();
  }
}

export const planInThread = planAnewBy(searchInThread);
