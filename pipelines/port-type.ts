import type { Dimension, PortType } from '../operators/index.ts';

/** Sizes that an operator's named dimensions turned out to have. */
export type Sizes = Map<string, number>;

interface Mismatch {
  code: 'datatype-mismatch' | 'shape-mismatch' | 'list-mismatch';
  message: string;
}

/** `FP32 [3, -1]`, `list of UINT8 [h, w, 3]`, as diagnostics name a type. */
export function describeType({ datatype, shape, list }: PortType): string {
  const what = datatype === 'ANY' ? 'tensors of any type' : datatype;
  return `${list ? 'a list of ' : ''}${what}${shape ? ` [${shape.join(', ')}]` : ''}`;
}

/** Why a port can't take what another gives; null if it can. `sizes` are those of the taker's named dimensions. */
export function mismatch(wanted: PortType, given: PortType, sizes: Sizes): Mismatch | null {
  const types = `takes ${describeType(wanted)} and is given ${describeType(given)}`;
  if (!takesEither(wanted) && Boolean(wanted.list) !== Boolean(given.list)) {
    const hint = given.list ? '; run the stage on each item' : '';
    return { code: 'list-mismatch', message: types + hint };
  }
  if (wanted.datatype !== 'ANY' && given.datatype !== 'ANY' && wanted.datatype !== given.datatype) {
    return { code: 'datatype-mismatch', message: types };
  }
  if (!wanted.shape || !given.shape) return null;
  if (wanted.shape.length !== given.shape.length) return { code: 'shape-mismatch', message: types };
  const clash = wanted.shape.findIndex((dimension, axis) =>
    differ(sized(dimension, sizes), given.shape![axis]!),
  );
  if (clash < 0) return null;
  const name = wanted.shape[clash]!;
  const known = typeof name === 'string' ? `, where ${name} is ${sizes.get(name)} already` : '';
  return { code: 'shape-mismatch', message: types + known };
}

/** Notes what sizes the named dimensions of a port have, given what it is connected to. */
export function learnSizes(wanted: PortType, given: PortType, sizes: Sizes): void {
  for (const [axis, name] of (wanted.shape ?? []).entries()) {
    const size = given.shape?.[axis];
    if (typeof name === 'string' && typeof size === 'number' && size >= 0 && !sizes.has(name))
      sizes.set(name, size);
  }
}

/** A type with named dimensions replaced by what is known of their sizes. */
export function withSizes(type: PortType, sizes: Sizes): PortType {
  return type.shape ? { ...type, shape: type.shape.map(dimension => sized(dimension, sizes)) } : type;
}

/** What may come where each of several types may. */
export function joinTypes(types: readonly PortType[]): PortType | undefined {
  const [first, ...others] = types;
  if (!first || others.some(other => Boolean(other.list) !== Boolean(first.list))) return undefined;
  return others.reduce(join, first);
}

function join(a: PortType, b: PortType): PortType {
  const { shape, content, ...rest } = a;
  const dimensions = shape?.length === b.shape?.length ? shape : undefined;
  return {
    ...rest,
    datatype: a.datatype === b.datatype ? a.datatype : 'ANY',
    ...(dimensions && { shape: dimensions.map((size, axis) => (size === b.shape![axis] ? size : -1)) }),
    ...(content !== undefined && content === b.content && { content }),
  };
}

/** A port of any type that says nothing of lists takes tensors and lists alike. */
function takesEither({ datatype, shape, list }: PortType): boolean {
  return datatype === 'ANY' && shape === undefined && list === undefined;
}

function sized(dimension: Dimension, sizes: Sizes): Dimension {
  return typeof dimension === 'string' ? (sizes.get(dimension) ?? dimension) : dimension;
}

/** Only two known sizes can differ: names mean something to one operator alone. */
function differ(a: Dimension, b: Dimension): boolean {
  return typeof a === 'number' && typeof b === 'number' && a >= 0 && b >= 0 && a !== b;
}
