import {
  halfToNumber,
  isFloat,
  isList,
  sizeOf,
  textOf,
  texts,
  type PortType,
  type Value,
} from '../operators/index.ts';

/** The CEL type of what a port gives: `dyn` where the number of its elements shows only at run time. */
export function celType(type: PortType | undefined): string {
  if (!type || type.datatype === 'ANY') return 'dyn';
  const { list: _, ...one } = type;
  if (type.list) return `list<${celType(one)}>`;
  if (!type.shape?.every(dimension => typeof dimension === 'number' && dimension >= 0)) return 'dyn';
  const element = elementType(type.datatype);
  return sizeOf(type.shape as readonly number[]) === 1 ? element : `list<${element}>`;
}

function elementType(datatype: Exclude<PortType['datatype'], 'ANY'>): string {
  if (datatype === 'BYTES') return 'string';
  if (datatype === 'BOOL') return 'bool';
  return isFloat(datatype) ? 'double' : 'int';
}

/** A value as CEL sees it: one element as itself, more as a list in row-major order; integers as bigints. */
export function celValue(value: Value): unknown {
  if (isList(value)) return value.map(celValue);
  const single = sizeOf(value.shape) === 1;
  if (value.datatype === 'BYTES') return single ? textOf(value) : texts(value);
  const convert = elementConverter(value.datatype);
  return single ? convert(value.data[0]!) : Array.from(value.data as ArrayLike<number | bigint>, convert);
}

function elementConverter(datatype: string): (element: number | bigint) => boolean | number | bigint {
  if (datatype === 'BOOL') return element => Number(element) !== 0;
  if (datatype === 'FP16') return element => halfToNumber(Number(element));
  if (datatype === 'FP32' || datatype === 'FP64') return Number;
  return BigInt;
}
