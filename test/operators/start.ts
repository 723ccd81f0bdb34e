/** Starts an operator as the engine would: defaults filled in, parameters validated, outputs held to their ports. */
import { expect } from 'vitest';
import {
  isList,
  type Context,
  type Operator,
  type Outputs,
  type Ports,
  type Site,
  type Value,
} from '../../operators/index.ts';
import { violations } from '../../pipelines/violation.ts';

type Inputs = Readonly<Record<string, Value>>;

interface Started {
  ports: Ports;
  /** Runs one item and gives its outputs, or throws its error. */
  run(inputs: Inputs, context?: Partial<Context>): Promise<Outputs>;
  /** Runs one item and gives its error. */
  refusal(inputs: Inputs, context?: Partial<Context>): Promise<Error>;
  batch(items: readonly Inputs[]): Promise<(Outputs | Error)[]>;
  close(): Promise<void>;
}

/** A site whose memory is shared, larger than asked for and full of what was there before, as an engine's may be. */
const site: Site = {
  stage: 'test',
  device: 'cpu',
  threads: 1,
  pure: true,
  now: () => performance.now(),
  until: () => Promise.resolve(),
  allocate(bytes) {
    const buffer = new SharedArrayBuffer(Math.ceil((bytes + 1) / 4096) * 4096);
    new Uint8Array(buffer).fill(0xaa);
    return buffer;
  },
};

function checkOutputs(outputs: Outputs, ports: Ports): void {
  expect(Object.keys(outputs).sort()).toEqual(Object.keys(ports.outputs).sort());
  for (const [name, type] of Object.entries(ports.outputs)) {
    const value = outputs[name]!;
    expect(isList(value), `list: ${name}`).toBe(Boolean(type.list));
    for (const tensor of isList(value) ? value : [value]) {
      if (type.datatype !== 'ANY') expect(tensor.datatype).toBe(type.datatype);
      const fixed = (type.shape ?? tensor.shape).map((size, axis) =>
        typeof size === 'number' && size >= 0 ? size : tensor.shape[axis],
      );
      expect(tensor.shape).toEqual(fixed);
      expect(tensor.data.length).toBe(tensor.shape.reduce((size, dimension) => size * dimension, 1));
    }
  }
}

function defaultsOf({ params }: Operator<never>): Record<string, unknown> {
  const properties = (params?.['properties'] ?? {}) as Record<string, { default?: unknown }>;
  const defaults = Object.entries(properties).map(([name, schema]) => [name, schema.default] as const);
  return Object.fromEntries(defaults.filter(([, value]) => value !== undefined));
}

export async function start<Params>(
  operator: Operator<Params>,
  given: Readonly<Record<string, unknown>> = {},
  place: Partial<Site> = {},
): Promise<Started> {
  const params = { ...defaultsOf(operator), ...given } as Params;
  if (operator.params) expect(violations(operator.params, params)).toEqual([]);
  const ports = typeof operator.ports === 'function' ? await operator.ports(params) : operator.ports;
  const runner = await operator.create(params, { ...site, ...place });

  async function batch(items: readonly Inputs[], context: Partial<Context> = {}) {
    const all = items.map(inputs => ({ inputs, context: { query: 1, index: 0, last: true, ...context } }));
    const results = await runner.run(all);
    expect(results).toHaveLength(items.length);
    for (const result of results) if (!(result instanceof Error)) checkOutputs(result, ports);
    return results;
  }

  return {
    ports,
    async run(inputs, context) {
      const [result] = await batch([inputs], context);
      if (result instanceof Error) throw result;
      return result!;
    },
    async refusal(inputs, context) {
      const [result] = await batch([inputs], context);
      expect(result).toBeInstanceOf(Error);
      return result as Error;
    },
    batch: items => batch(items),
    async close() {
      await runner.close?.();
    },
  };
}
