/** Who goes first where all cores are busy: the event loop, whatever replicas compute. */
import { readdirSync, readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { join } from 'node:path';
import { Engine, loadPipeline, type Tensor } from 'millrace';
import { describe, expect, it } from 'vitest';
import { root } from './support/millrace.ts';
import { serve } from './support/server.ts';

const folder = join(root, 'test/e2e/fixtures/isolated');
const own = getPriority();

/** How nice each thread of a process is. */
const threads = (process: number | 'self' = 'self'): number[] =>
  readdirSync(`/proc/${process}/task`).flatMap(thread => {
    try {
      const stat = readFileSync(`/proc/${process}/task/${thread}/stat`, 'utf8');
      return [Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16])];
    } catch {
      // It ended since the list was read.
      return [];
    }
  });

// Elsewhere a thread's priority can't be read.
describe.skipIf(process.platform !== 'linux' || own > 0)('replicas', () => {
  it('that are threads give way to the thread that all wait for', async () => {
    const before = threads().filter(nice => nice === 10).length;
    const engine = await Engine.start(await loadPipeline(join(root, 'pipelines/fashion')));
    expect(threads().filter(nice => nice === 10).length).toBeGreaterThan(before);
    expect(getPriority()).toBe(own);
    await engine.close(0);
  });

  it('as does whatever else a command has threads for', async () => {
    const { pid, stop } = await serve(['fashion']);
    expect(getPriority(pid)).toBe(own);
    expect(threads(pid).filter(nice => nice < 10)).toEqual([own]);
    await stop();
  });

  it('that are processes do so too', async () => {
    const engine = await Engine.start(await loadPipeline(join(folder, 'pipeline.yaml')));
    const { outputs } = await engine.infer({ text: 'who' });
    expect(getPriority(Number((outputs['process'] as Tensor).data[0]))).toBe(10);
    await engine.close(0);
  });
});
