import type { XStatic } from 'typebox/schema';
import { stringify, toPlain } from '../codec.ts';
import type { Operator, PortType } from '../contract.ts';
import { MillraceError } from '../errors.ts';
import { describe, isList, text, type NumericTensor, type Tensor, type Value } from '../tensor.ts';

const parameters = {
  type: 'object',
  properties: {
    as: {
      enum: ['object', 'rows'],
      default: 'object',
      description:
        'object: a member for each input; rows: an array of objects, zipped from inputs that are lists',
    },
    order: {
      type: 'string',
      minLength: 1,
      description:
        'With `rows`: the input, INT64 [n], that says which row comes first, second …; itself not shown',
    },
  },
  additionalProperties: false,
} as const;

type AssembleParameters = { as: 'object' | 'rows'; order?: string } & XStatic<typeof parameters>;
type Inputs = Readonly<Record<string, Value>>;

/** The indices of `order`, or null if it does not name each of `count` rows once. */
function permutation(order: NumericTensor, count: number): number[] | null {
  const indices = Array.from(order.data as BigInt64Array, Number);
  const all = new Set(indices.filter(index => index >= 0 && index < count));
  return indices.length === count && all.size === count ? indices : null;
}

function rows(inputs: Inputs, orderedBy: string | undefined): string | Error {
  const columns: [name: string, tensors: readonly Tensor[]][] = [];
  for (const [name, value] of Object.entries(inputs)) {
    if (name === orderedBy) continue;
    if (!isList(value)) {
      return new MillraceError(
        'invalid-input',
        `rows are made of lists, but "${name}" is ${describe(value)}`,
      );
    }
    columns.push([name, value]);
  }
  const count = columns[0]?.[1].length ?? 0;
  const other = columns.find(([, tensors]) => tensors.length !== count);
  if (other) {
    const lengths = columns.map(([name, tensors]) => `"${name}" ${tensors.length}`).join(', ');
    return new MillraceError('invalid-input', `rows need lists of one length, but there are ${lengths}`);
  }
  const order =
    orderedBy === undefined
      ? Array.from({ length: count }, (_, i) => i)
      : permutation(inputs[orderedBy] as NumericTensor, count);
  if (!order) {
    return new MillraceError('invalid-input', `"${orderedBy}" does not name each of the ${count} rows once`);
  }
  return stringify(
    order.map(row => Object.fromEntries(columns.map(([name, tensors]) => [name, toPlain(tensors[row]!)]))),
  );
}

const object = (inputs: Inputs) =>
  stringify(Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, toPlain(value)])));

export const operator: Operator<AssembleParameters> = {
  description: 'Writes its inputs as JSON: one object, or an array of rows.',
  params: parameters,
  ports(params) {
    if (params.order !== undefined && params.as !== 'rows') {
      throw new MillraceError('invalid-pipeline', '"order" orders rows, and needs "as: rows"');
    }
    const inputs: Record<string, PortType> = {
      '*': params.as === 'rows' ? { datatype: 'ANY', list: true } : { datatype: 'ANY' },
    };
    if (params.order !== undefined) inputs[params.order] = { datatype: 'INT64', shape: ['rows'] };
    return { inputs, outputs: { json: { datatype: 'BYTES', shape: [1], content: 'application/json' } } };
  },
  cost: 'light',
  create: ({ as, order }) => ({
    run: batch =>
      batch.map(({ inputs }) => {
        const json = as === 'rows' ? rows(inputs, order) : object(inputs);
        return json instanceof Error ? json : { json: text(json) };
      }),
  }),
};
