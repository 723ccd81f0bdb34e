/** A server measures the machine it is on while it has nothing to answer, and plans from that at its next start. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, describe, expect, it } from 'vitest';
import { main, root } from './support/millrace.ts';
import { shipped } from './support/pipelines.ts';
import { temporaryFolder } from './support/temporary.ts';

const running = new Set<ChildProcess>();
afterAll(() => {
  for (const child of running) child.kill('SIGKILL');
});

const cache = join(temporaryFolder(), 'cache');
mkdirSync(cache);

/** A server on a free port; `said` resolves with the line of what it says for people that has a text. */
function start(budget: string) {
  const args = [
    main,
    'serve',
    'fashion',
    'pipelines/fashion/tensor.yaml',
    '--plan',
    'auto',
    '--deadline-factor',
    'off',
  ];
  const child = spawn(process.execPath, [...args, '--profile-budget', budget, '--port', '0'], {
    cwd: root,
    env: { ...process.env, XDG_CACHE_HOME: cache },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  running.add(child);
  const lines: string[] = [];
  const waiting: { text: string; resolve: (line: string) => void }[] = [];
  createInterface(child.stderr).on('line', line => {
    lines.push(line);
    for (const { text, resolve } of waiting) if (line.includes(text)) resolve(line);
  });
  const said = (text: string) =>
    new Promise<string>(resolve => {
      const known = lines.find(line => line.includes(text));
      if (known !== undefined) resolve(known);
      else waiting.push({ text, resolve });
    });
  const stop = async () => {
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    const [status] = (await ended) as [number | null];
    running.delete(child);
    return status;
  };
  return { said, stop, lines };
}

describe('serve --plan auto', () => {
  it('measures while it is idle, answers meanwhile, and plans from that at the next start', async () => {
    const first = start('120 s');
    const url = /http:\S+/.exec(await first.said('dashboard and API on'))![0];
    expect(await first.said('fashion: plan')).toContain('this machine is not measured yet');
    await first.said('measuring the stages while there is nothing to answer');
    // Whoever asks is answered at once: what is being measured can wait.
    const picture = readFileSync(shipped('fashion', 'samples', '00-ankle-boot.png'));
    const headers = { 'content-type': 'image/png' };
    const reply = await fetch(`${url}/v2/models/fashion/infer`, { method: 'POST', headers, body: picture });
    expect(reply.status).toBe(200);
    await first.said('the next start uses the plans in');
    expect(await first.stop()).toBe(0);

    const second = start('90 s');
    await second.said('dashboard and API on');
    // From what was measured; on a machine that is busy with other things, that may be that it is too slow.
    expect(await second.said('fashion: plan')).toMatch(
      /for .*\/s within the SLO on this machine|none meets the SLO here/,
    );
    // The pictures beside it are no pixels.
    expect(await second.said('fashion-tensor: plan')).toMatch(/default .* no samples beside it/);
    expect(await second.stop()).toBe(0);
    expect(second.lines.join('\n')).not.toContain('measuring');
  }, 200_000);

  it('ends at once when it is told to while it measures', async () => {
    const third = start('0 s');
    await third.said('dashboard and API on');
    expect(await third.stop()).toBe(0);
    expect(third.lines.join('\n')).not.toContain('measuring');
  });
});
