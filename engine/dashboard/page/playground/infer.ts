/** Asking the server, in the plainest way there is for each kind of input. */
import { authorization } from '../status.ts';

export interface Answer {
  /** By name; JSON content as what it says, a single element as itself. */
  outputs: Readonly<Record<string, unknown>>;
  /** Milliseconds, as this page saw it. */
  latency: number;
}

interface OutputJson {
  name: string;
  datatype: string;
  shape: readonly number[];
  data: readonly unknown[];
}

function plain(data: unknown): unknown {
  if (typeof data !== 'string' || !/^\s*[[{]/.test(data)) return data;
  try {
    return JSON.parse(data) as unknown;
  } catch {
    return data;
  }
}

function valueOf({ data }: OutputJson): unknown {
  return data.length === 1 ? plain(data[0]) : data.map(plain);
}

async function post(pipeline: string, body: BodyInit, type: string): Promise<Answer> {
  const begun = performance.now();
  const url = `/v2/models/${encodeURIComponent(pipeline)}/infer`;
  const headers = { 'content-type': type, ...authorization() };
  const reply = await fetch(url, { method: 'POST', headers, body });
  const text = await reply.text();
  const latency = performance.now() - begun;
  if (!reply.ok) {
    const { error } = plain(text) as { error?: string };
    throw new Error(error ?? `the server answered ${reply.status}`);
  }
  const { outputs } = JSON.parse(text) as { outputs: readonly OutputJson[] };
  return { outputs: Object.fromEntries(outputs.map(output => [output.name, valueOf(output)])), latency };
}

/** A file as the pipeline's single input. */
export function inferFile(pipeline: string, file: Blob, type: string): Promise<Answer> {
  return post(pipeline, file, type);
}

/** A request of the Open Inference Protocol. */
export function inferInputs(pipeline: string, inputs: readonly unknown[]): Promise<Answer> {
  return post(pipeline, JSON.stringify({ inputs }), 'application/json');
}
