/** Starting ONNX Runtime on a device, and saying clearly why where it can't. */
import type * as onnxruntime from 'onnxruntime-node';
import type { Device, Site } from '../contract.ts';
import { MillraceError } from '../errors.ts';

export type Runtime = typeof onnxruntime;
export type Session = onnxruntime.InferenceSession;

/** ONNX Runtime's name of a device, where it is not ours. */
const backendNames: Partial<Record<Device, string>> = { directml: 'dml' };

function backendName(device: Device): string {
  return backendNames[device] ?? device;
}

/** What this build can try, for an error: `cpu, webgpu; cuda and tensorrt once their libraries are installed`. */
function describeBackends(runtime: Runtime): string {
  const backends = runtime.listSupportedBackends();
  const bundled = backends.filter(backend => backend.bundled).map(backend => backend.name);
  const others = backends.filter(backend => !backend.bundled).map(backend => backend.name);
  const later = others.length > 0 ? `; ${others.join(' and ')} once their libraries are installed` : '';
  return bundled.join(', ') + later;
}

function unavailable(runtime: Runtime, site: Site, reason: string): MillraceError {
  return new MillraceError(
    'unavailable',
    `stage "${site.stage}" asks for ${site.device}, ${reason}; this build of ONNX Runtime has ${describeBackends(runtime)}`,
    { stage: site.stage },
  );
}

/** What ONNX Runtime says went wrong, without the file, function and condition of its own that it puts before. */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const stated = /\bwas false\.\s*(\S.*)/.exec(message)?.[1];
  const [line = ''] = message.trim().split('\n');
  return (stated ?? line.replace(/^\S+\.(?:cc|cpp|cu|h):\d+\s+/, '')).trim();
}

/**
 * Opens a session on exactly the device the plan says, never silently on another.
 * @throws MillraceError `unavailable` if the stage does not accept that device or the device can't be started.
 */
export async function createSession(
  model: string,
  site: Site,
  acceptable: readonly Device[] | undefined,
): Promise<{ runtime: Runtime; session: Session }> {
  // CommonJS: what is imported is its module.exports under `default`.
  const { default: runtime } = (await import('onnxruntime-node')) as unknown as { default: Runtime };
  if (acceptable && !acceptable.includes(site.device)) {
    throw unavailable(runtime, site, `but its providers are ${acceptable.join(', ')}`);
  }
  // Its own lines on standard error would repeat what the error says.
  runtime.env.logLevel = 'fatal';
  const name = backendName(site.device);
  if (!runtime.listSupportedBackends().some(backend => backend.name === name)) {
    throw unavailable(runtime, site, 'which is not in it');
  }
  const options: onnxruntime.InferenceSession.SessionOptions = {
    executionProviders: [name],
    graphOptimizationLevel: 'all',
    intraOpNumThreads: site.threads,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
    // Several sessions share the cores: a thread that spins while it waits takes time from the others.
    extra: { session: { intra_op: { allow_spinning: '0' }, inter_op: { allow_spinning: '0' } } },
  };
  try {
    return { runtime, session: await runtime.InferenceSession.create(model, options) };
  } catch (error) {
    if (site.device === 'cpu') throw error;
    throw unavailable(runtime, site, `which does not start here (${reasonOf(error)})`);
  }
}
