import type { XStatic } from 'typebox/schema';
import type { Item, Operator, Outputs, PortType } from './contract.ts';
import { keyedUniform } from './random.ts';
import { serviceTime } from './service-time.ts';
import { text, type Tensor } from './tensor.ts';
import { Duration, parseDuration } from './units.ts';

const parameters = {
  type: 'object',
  required: ['latency'],
  properties: {
    latency: {
      type: 'object',
      patternProperties: {
        '^[1-9][0-9]*$': {
          ...Duration,
        },
      },
      minProperties: 1,
      description: 'Batch size → how long such a batch takes; interpolated between the sizes given',
    },
    emit: {
      type: 'object',
      additionalProperties: {
        type: 'object',
        additionalProperties: {
          type: 'number',
          minimum: 0,
        },
        minProperties: 1,
      },
      description: 'Text outputs drawn by share: { code: { en: 0.6, de: 0.4 } }',
    },
    items: {
      type: 'object',
      properties: {
        mean: {
          type: 'number',
          minimum: 0,
          description: 'Mean length of the list `items`',
        },
        samples: {
          type: 'array',
          items: {
            type: 'integer',
            minimum: 0,
          },
          minItems: 1,
          description: 'Lengths of the list `items`, query after query',
        },
      },
      additionalProperties: false,
      description: 'Gives a list `items` of copies of the input',
      minProperties: 1,
      maxProperties: 1,
    },
  },
  additionalProperties: false,
} as const;

type EmulateParameters = XStatic<typeof parameters>;

/** One of `shares`' keys, each as likely as its share of the sum. */
function drawShare(shares: Readonly<Record<string, number>>, uniform: number): string {
  const entries = Object.entries(shares);
  let rest = uniform * entries.reduce((sum, [, share]) => sum + share, 0);
  for (const [name, share] of entries) {
    rest -= share;
    if (rest < 0) return name;
  }
  return entries.at(-1)![0];
}

function listLength(items: NonNullable<EmulateParameters['items']>, query: number, uniform: number): number {
  if (items.samples) return items.samples[query % items.samples.length]!;
  const mean = items.mean ?? 0;
  const floor = Math.floor(mean);
  return uniform < mean - floor ? floor + 1 : floor;
}

function emulated(item: Item, params: EmulateParameters, stage: string): Outputs {
  const { query, index } = item.context;
  const input = item.inputs['in']!;
  const outputs: Outputs = { out: input };
  for (const [port, shares] of Object.entries(params.emit ?? {})) {
    outputs[port] = text(drawShare(shares, keyedUniform(stage, port, query, index)));
  }
  if (params.items) {
    const length = listLength(params.items, query, keyedUniform(stage, 'items', query, index));
    outputs['items'] = Array.from({ length }, () => input as Tensor);
  }
  return outputs;
}

export const operator: Operator<EmulateParameters> = {
  description: 'Takes as long as it is told, without using a processor, and passes its input on.',
  params: parameters,
  ports(params) {
    const outputs: Record<string, PortType> = { out: { datatype: 'ANY', like: 'in' } };
    for (const port of Object.keys(params.emit ?? {})) outputs[port] = { datatype: 'BYTES', shape: [1] };
    if (params.items) outputs['items'] = { datatype: 'ANY', like: 'in', list: true };
    return { inputs: { in: { datatype: 'ANY' } }, outputs };
  },
  cost: 'heavy',
  create(params, site) {
    const points = Object.entries(params.latency)
      .map(([batch, time]) => ({ batch: Number(batch), time: parseDuration(time)! }))
      .sort((a, b) => a.batch - b.batch);
    return {
      isWarm: true,
      async run(batch) {
        // The end is fixed before anything else is done, so that the work below does not add to it.
        const end = site.now() + serviceTime(points, batch.length);
        const outputs = batch.map(item => emulated(item, params, site.stage));
        await site.until(end);
        return outputs;
      },
    };
  },
};
