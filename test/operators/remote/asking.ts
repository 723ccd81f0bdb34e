/** What the tests of `remote/infer` ask of a server, and how it answers. */
import { onTestFinished } from 'vitest';
import { bytes, tensor, text, texts, type BytesTensor, type Site } from '../../../operators/index.ts';
import { operator } from '../../../operators/remote/infer.ts';
import { start } from '../start.ts';
import { give, type Call } from './server.ts';

export const words = {
  model: 'shout',
  inputs: { text: { datatype: 'BYTES', shape: [1] } },
  outputs: { loud: { datatype: 'BYTES', shape: [1] } },
};
export const numbers = {
  model: 'double',
  inputs: { x: { datatype: 'INT64', shape: ['n'] } },
  outputs: { y: { datatype: 'INT64', shape: ['n'] } },
};

/** What the server at `url` is asked by. */
export async function asking(url: string, params: object, site?: Partial<Site>) {
  const started = await start(operator, { url, ...params }, site);
  onTestFinished(() => started.close());
  return started;
}

export const inputOf = ({ request }: Call) => request.inputs[0]!.tensor;

export function shout(call: Call): void {
  const given = inputOf(call) as BytesTensor;
  const loud = texts(given).map(each => new TextEncoder().encode(each.toUpperCase()));
  give(call, [{ name: 'loud', tensor: bytes(loud, given.shape) }]);
}

export function double(call: Call): void {
  const { shape, data } = inputOf(call);
  const doubled = BigInt64Array.from(data as BigInt64Array, each => each * 2n);
  give(call, [{ name: 'y', tensor: tensor('INT64', shape, doubled) }]);
}

export const loud = (results: readonly unknown[]) =>
  results.map(result =>
    result instanceof Error ? result : texts((result as { loud: BytesTensor }).loud)[0],
  );
export const said = (...given: string[]) => given.map(each => ({ text: text(each) }));
export const counted = (...given: number[]) => ({
  x: tensor('INT64', [given.length], BigInt64Array.from(given, BigInt)),
});
