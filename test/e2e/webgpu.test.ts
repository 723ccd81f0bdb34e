/**
 * Models on a GPU: for real, on the software Vulkan device that Debian's chromium brings. Elsewhere the tests that need
 * it are left out; in CI they run or fail.
 */
import { existsSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { millrace, refusal, run } from './support/millrace.ts';
import { distance } from './support/pipelines.ts';

const device = '/usr/lib/chromium/vk_swiftshader_icd.json';
const env = { VK_ICD_FILENAMES: device };
const lacks = !existsSync(device) && !process.env['CI'];
const why = lacks ? ` (left out: ${device} is not there; install chromium and libvulkan1)` : '';

/** Milliseconds for a device in software to compile what it runs, on a busy machine. */
const patience = 5 * 60_000;

const input = 'image=@pipelines/fashion/samples/00-ankle-boot.png';

/** Of each pipeline, what three queries at once gave. */
type Given = Record<'fashion' | 'angle', number[][]>;

describe.skipIf(lacks)(`WebGPU${why}`, () => {
  let given: { cpu: Given; webgpu: Given; again: number[][] };

  beforeAll(async () => {
    const script = ['test/e2e/fixtures/webgpu.mjs'];
    const { status, stdout, stderr } = await run(process.execPath, script, { env, limit: patience });
    if (status !== 0) throw new Error(`exit status ${status}: ${stderr}`);
    given = JSON.parse(stdout);
  }, patience);

  it.each(['fashion', 'angle'] as const)(
    'gives for %s what the processor gives, two engines at once',
    name => {
      expect(given.webgpu[name]).toHaveLength(3);
      expect(distance(given.webgpu[name].flat(), given.cpu[name].flat())).toBeLessThan(1e-4);
    },
  );

  it('starts again after every engine on it was closed', () => {
    expect(distance(given.again.flat(), given.cpu.angle.flat())).toBeLessThan(1e-4);
  });

  it('is a name at the command line', async () => {
    const outcome = await millrace(['run', 'fashion', '--input', input, '--hardware', 'webgpu'], { env });
    expect(outcome).toMatchObject({ status: 0, stderr: expect.stringContaining('Ankle boot') });
  });

  it('is never the processor where there is no device', async () => {
    const nowhere = { VK_ICD_FILENAMES: '/nowhere.json' };
    const outcome = await millrace(['run', 'fashion', '--input', input, '--hardware', 'webgpu'], {
      env: nowhere,
    });
    // The device's own libraries print their say before ours.
    const message = expect.stringMatching(
      /unavailable: stage "classify" asks for webgpu, which does not start here \(Failed to get a WebGPU adapter: [^()/]+\); this build /,
    );
    expect(outcome).toEqual({ status: 2, stdout: '', stderr: message });
  });
});

describe('a stage that names the providers it accepts', () => {
  it.each(['webgpu', 'cuda'])('is not run on %s when it is not among them', async hardware => {
    const zeros = ['--input', `x=${JSON.stringify(Array(3 * 48 * 192).fill(0))}`];
    const outcome = await millrace([
      'run',
      'test/e2e/fixtures/processor-only',
      ...zeros,
      '--hardware',
      hardware,
    ]);
    const message = `unavailable: stage "orient" asks for ${hardware}, but its providers are cpu; this build .* has cpu`;
    expect(outcome).toEqual(refusal(2, new RegExp(message)));
  });

  it('is speech’s, whose model is wrong on WebGPU', async () => {
    const input = 'audio=@pipelines/speech/samples/silence.wav';
    const outcome = await millrace(['run', 'speech', '--input', input, '--hardware', 'webgpu']);
    expect(outcome).toEqual(
      refusal(2, /unavailable: stage "detect" asks for webgpu, but its providers are cpu, /),
    );
  });
});
