import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bytes,
  datatypes,
  fromPlain,
  isBigInt,
  isFloat,
  stringify,
  tensor,
  text,
  toPlain,
} from '../../operators/index.ts';

describe('tensors as plain JSON', () => {
  it('show one element as itself and more as nested lists', () => {
    expect(toPlain(text('hi'))).toBe('hi');
    expect(toPlain(tensor('INT32', [2, 2], Int32Array.of(1, 2, 3, 4)))).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(toPlain([text('a'), text('b')])).toEqual(['a', 'b']);
    expect(toPlain(tensor('BOOL', [2], Uint8Array.of(0, 1)))).toEqual([false, true]);
  });

  it('show floats with the digits they have', () => {
    expect(toPlain(tensor('FP32', [1], Float32Array.of(0.98)))).toBe(0.98);
    expect(toPlain(tensor('FP16', [3], Uint16Array.of(0x3c00, 0xc000, 0x0001)))).toEqual([1, -2, 5.9605e-8]);
  });

  it('show JSON content as what it says, and bytes that are no text in base64', () => {
    expect(toPlain(text('[1]'), { datatype: 'BYTES', content: 'application/json' })).toEqual([1]);
    const noText = bytes([Uint8Array.of(255, 0)]);
    expect(toPlain(noText)).toEqual({ b64: '/wA=' });
    expect(fromPlain({ b64: '/wA=' }, { datatype: 'BYTES', shape: [1] })).toEqual(noText);
    expect(() => fromPlain({ b64: '&' }, { datatype: 'BYTES', shape: [1] })).toThrow('is no base64');
  });

  it('write integers of any size with all their digits, and NaN as null', () => {
    const long = tensor('INT64', [2], BigInt64Array.of(9007199254740993n, -1n));
    expect(stringify({ a: toPlain(long), b: Number.NaN, c: undefined, d: 'x"y' })).toBe(
      '{"a":[9007199254740993,-1],"b":null,"d":"x\\"y"}',
    );
  });

  it('write whatever JSON can say as JSON.stringify does', () => {
    fc.assert(
      fc.property(fc.jsonValue(), value => {
        expect(JSON.parse(stringify(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it.each([
    [[1, 2.5], 'INT32', '2.5 is no INT32'],
    [['x'], 'FP32', '"x" is no FP32'],
    [[[1, 2], [3]], 'FP32', 'its lists are of different lengths: 3 elements'],
    [[[1, 2], [3], [4, 5, 6]], 'FP32', 'its lists are of different lengths: 6 elements'],
    [[[], [1]], 'FP32', 'its lists are of different lengths: 1 elements'],
    [[1, [2]], 'FP32', 'its lists are of different lengths: 2 elements'],
    [
      [
        [[1], [2]],
        [[3], 4],
      ],
      'FP32',
      'its lists are of different lengths: 4 elements',
    ],
    [[['a', 'b'], ['c'], ['d', 'e', 'f']], 'BYTES', 'its lists are of different lengths: 6 elements'],
    [[7, 300], 'UINT8', '300 is no UINT8: it takes 0 to 255'],
    [[-1], 'UINT16', '-1 is no UINT16: it takes 0 to 65535'],
    [[-129], 'INT8', '-129 is no INT8: it takes -128 to 127'],
    [[4294967296], 'INT32', '4294967296 is no INT32: it takes -2147483648 to 2147483647'],
    [[-1], 'UINT64', '-1 is no UINT64: it takes 0 to 18446744073709551615'],
    [[2 ** 53], 'INT64', '9007199254740992 is no INT64: beyond 2^53 a number is not exact'],
    [[-(2 ** 60)], 'INT64', '-1152921504606847000 is no INT64: beyond 2^53 a number is not exact'],
    [[1e300], 'INT64', '1e+300 is no INT64: it takes -9223372036854775808 to 9223372036854775807'],
    [[2], 'BOOL', '2 is no BOOL: it takes 0 to 1'],
    [[0.5], 'BOOL', '0.5 is no BOOL'],
    [['true'], 'BOOL', '"true" is no BOOL'],
    [[null], 'INT8', 'null is no INT8'],
    [[Infinity], 'INT32', 'Infinity is no INT32'],
    [[1e300], 'FP32', '1e+300 is no FP32: it is too large'],
    [[-3.5e38], 'FP32', '-3.5e+38 is no FP32: it is too large'],
    [[65520], 'FP16', '65520 is no FP16: it is too large'],
  ] as const)('refuse what does not fit: %j as %s', (value, datatype, message) => {
    const refused = expect.objectContaining({ code: 'invalid-input', message });
    expect(() => fromPlain(value, { datatype, shape: [-1] })).toThrow(refused);
  });

  it('refuse bigints out of range, which JSON can not show', () => {
    expect(() => fromPlain([2n ** 63n], { datatype: 'INT64' })).toThrow('9223372036854775808 is no INT64');
    expect(() => fromPlain([-1n], { datatype: 'UINT64' })).toThrow('-1 is no UINT64');
    expect(() => fromPlain([10n ** 400n], { datatype: 'FP64' })).toThrow('is no FP64: it is too large');
  });

  it('refuse lists of different lengths even where the type says how many elements', () => {
    const type = { datatype: 'FP32', shape: [3] } as const;
    expect(() => fromPlain([[1, 2], [3]], type)).toThrow('its lists are of different lengths: 3 elements');
  });

  it.each([
    ['UINT8', [0, 255]],
    ['INT16', [-32768, 32767]],
    ['INT32', [-(2 ** 31), 2 ** 31 - 1]],
    ['UINT32', [0, 2 ** 32 - 1]],
    ['INT64', [-(2n ** 63n), 2n ** 63n - 1n]],
    ['UINT64', [0n, 2n ** 64n - 1n]],
    ['FP16', [-65504, 65504]],
    ['FP32', [-Infinity, 1e38, NaN]],
    ['FP64', [-1.7e308, 5e-324]],
  ] as const)('take the least and the greatest %s', (datatype, values) => {
    expect(toPlain(fromPlain(values, { datatype, shape: [-1] }))).toEqual(values);
  });

  it('take safe integers for INT64, and true, false, 0 and 1 for BOOL', () => {
    const safe = fromPlain([Number.MAX_SAFE_INTEGER, -0], { datatype: 'INT64' });
    expect(safe.data).toEqual(BigInt64Array.of(2n ** 53n - 1n, 0n));
    expect(fromPlain([true, false, 1, 0], { datatype: 'BOOL' }).data).toEqual(Uint8Array.of(1, 0, 1, 0));
  });

  it.each([
    [7, []],
    [[], [0]],
    [
      [[], []],
      [2, 0],
    ],
    [[[[1], [2]]], [1, 2, 1]],
  ])('have the shape of their lists: %j is %j', (value, shape) => {
    expect(fromPlain(value, { datatype: 'FP32', shape: [-1] }).shape).toEqual(shape);
  });

  it('come back as they were', () => {
    const numeric = datatypes.filter(name => name !== 'BYTES' && name !== 'BOOL');
    fc.assert(
      fc.property(
        fc.constantFrom(...numeric),
        fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 2 }),
        (datatype, numbers) => {
          const type = { datatype, shape: [-1] };
          const plain = toPlain(fromPlain(numbers, type));
          expect(plain).toEqual(isBigInt(datatype) ? numbers.map(BigInt) : numbers);
          expect(isFloat(datatype) || isBigInt(datatype) || Number.isInteger((plain as number[])[0])).toBe(
            true,
          );
        },
      ),
    );
  });

  it('take a flat list where the type says the shape', () => {
    expect(fromPlain([1, 2, 3, 4], { datatype: 'UINT8', shape: [2, 2] }).shape).toEqual([2, 2]);
  });
});
