import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Batch, BatchResult, Program } from '../../engine/runtime/message.ts';
import {
  packBatch,
  packResult,
  unpackBatch,
  unpackResult,
  writeBatch,
} from '../../engine/runtime/wire/wire.ts';
import { WireWriter } from '../../engine/runtime/wire/writer.ts';
import { arrayType, bytes, datatypes, elementBytes, sizeOf, type Tensor } from '../../operators/index.ts';

/** A tensor of any datatype, in its own buffer, in a part of one, or in shared memory. */
const tensor: fc.Arbitrary<Tensor> = fc
  .record({
    datatype: fc.constantFrom(...datatypes),
    shape: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }),
    place: fc.constantFrom('own', 'part', 'shared'),
    seed: fc.nat(200),
  })
  .map(({ datatype, shape, place, seed }): Tensor => {
    const size = sizeOf(shape);
    if (datatype === 'BYTES') {
      return bytes(
        Array.from({ length: size }, (_, index) => Uint8Array.of(seed, index)),
        shape,
      );
    }
    const offset = place === 'part' ? 16 : 0;
    const length = size * elementBytes(datatype);
    const buffer = place === 'shared' ? new SharedArrayBuffer(length) : new ArrayBuffer(offset + length);
    new Uint8Array(buffer).fill(seed);
    return { datatype, shape, data: new (arrayType(datatype))(buffer, offset, size) };
  });

const value = fc.oneof(tensor, fc.array(tensor, { maxLength: 3 }));

const programs: Program[] = [
  [{ stage: 0, inputs: [{ port: 'in', value: 0 }], exports: ['out'] }],
  [{ stage: 1, inputs: [], exports: [] }],
];

const batch: fc.Arbitrary<Batch> = fc.record({
  programs: fc.constantFrom([programs[0]!], programs),
  items: fc.array(
    fc.record({
      program: fc.constant(0),
      values: fc.array(value, { maxLength: 3 }),
      context: fc.record({ query: fc.nat(), index: fc.nat(), last: fc.boolean() }),
    }),
    { maxLength: 4 },
  ),
  recycled: fc.array(
    fc.constant(1).map(() => new SharedArrayBuffer(8)),
    { maxLength: 2 },
  ),
});

describe('what threads say to each other', () => {
  it('arrives as it was sent', () => {
    const known = new Map<Program, number>();
    const received: Program[] = [];
    fc.assert(
      fc.property(batch, sent => {
        expect(unpackBatch(structuredClone(packBatch(sent, known).wire), received)).toEqual(sent);
      }),
    );
    expect(received).toHaveLength(2);
  });

  it('comes back as it was answered', () => {
    const error = { code: 'stage-failed', message: 'm', stage: 's', detail: 'd' } as const;
    const item = fc.oneof(
      fc.record({
        outputs: fc.array(value, { maxLength: 3 }),
        blocks: fc.array(fc.nat(1), { maxLength: 2 }),
      }),
      fc.constant({ error }),
    );
    const result: fc.Arbitrary<BatchResult> = fc.record({
      items: fc.array(item, { maxLength: 4 }),
      blocks: fc.constant([new SharedArrayBuffer(8), new SharedArrayBuffer(8)]),
      times: fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { maxLength: 3 }),
      memory: fc.integer({ min: 1, max: 2 ** 40 }),
    });
    fc.assert(
      fc.property(result, sent => {
        expect(unpackResult(structuredClone(packResult(sent)))).toEqual(sent);
      }),
    );
  });

  it('arrives as bytes alone where no memory is shared', () => {
    fc.assert(
      fc.property(batch, sent => {
        const writer = new WireWriter(false);
        const extra = writeBatch(writer, { ...sent, recycled: [] }, new Map());
        const { buffer } = Uint8Array.from(Buffer.concat(writer.parts));
        expect(unpackBatch([writer.layout, buffer, 0, extra], [])).toEqual({ ...sent, recycled: [] });
      }),
    );
  });

  it('shares memory and does not copy it', () => {
    const shared = new Float32Array(new SharedArrayBuffer(16));
    const item = {
      program: 0,
      values: [{ datatype: 'FP32', shape: [4], data: shared } as const],
      context: { query: 0, index: 0, last: true },
    };
    const { wire } = packBatch({ programs: [programs[0]!], items: [item], recycled: [] }, new Map());
    const [{ values }] = unpackBatch(structuredClone(wire), []).items as unknown as [{ values: Tensor[] }];
    shared[2] = 7;
    expect(values[0]!.data[2]).toBe(7);
  });
});
