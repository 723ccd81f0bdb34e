/** Any tensor there can be, for properties. */
import * as fc from 'fast-check';
import {
  arrayType,
  bytes,
  datatypes,
  elementBytes,
  halfToNumber,
  sizeOf,
  type Datatype,
  type NumericDatatype,
  type Tensor,
} from '../../operators/index.ts';

/** Half floats of which many are the same value are left out: a NaN has many bit patterns. */
function isCanonical(datatype: NumericDatatype, data: ArrayLike<number | bigint>): boolean {
  return datatype !== 'FP16' || !Array.from(data, Number).some(bits => Number.isNaN(halfToNumber(bits)));
}

function numeric(datatype: NumericDatatype, shape: readonly number[]): fc.Arbitrary<Tensor> {
  const size = sizeOf(shape);
  const length = size * elementBytes(datatype);
  const noise = fc.uint8Array({ minLength: length, maxLength: length });
  return noise
    .map(raw => {
      if (datatype === 'BOOL') raw.forEach((byte, index) => (raw[index] = byte % 2));
      return { datatype, shape, data: new (arrayType(datatype))(raw.slice().buffer, 0, size) };
    })
    .filter(({ data }) => isCanonical(datatype, data));
}

function texts(shape: readonly number[]): fc.Arbitrary<Tensor> {
  const size = sizeOf(shape);
  return fc
    .array(fc.uint8Array({ maxLength: 6 }), { minLength: size, maxLength: size })
    .map(data => bytes(data, shape));
}

/** A tensor of any datatype, of up to three axes without empty ones. */
export function anyTensor(among: readonly Datatype[] = datatypes): fc.Arbitrary<Tensor> {
  const shape = fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 3 });
  return fc
    .tuple(fc.constantFrom(...among), shape)
    .chain(([datatype, sizes]) => (datatype === 'BYTES' ? texts(sizes) : numeric(datatype, sizes)));
}
