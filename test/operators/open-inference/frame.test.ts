import { describe, expect, it } from 'vitest';
import {
  decodeInferRequest,
  encodeInferRequest,
  parseJson,
  readFrame,
  tensor,
  writeBody,
  writeFrame,
} from '../../../operators/index.ts';

/** Ids of all lengths, so that the JSON ends anywhere. */
const ids = Array.from({ length: 9 }, (_, length) => 'x'.repeat(length + 1));
const asking = (id: string) => {
  const inputs = [{ name: 'n', tensor: tensor('FP64', [1], Float64Array.of(0.1)) }];
  return encodeInferRequest({ id, parameters: {}, inputs }, () => true);
};

describe('a binary frame', () => {
  it.each(ids)('has its tensors where they can be looked at in place: id %s', id => {
    const frame = writeFrame(asking(id));
    const { json, binary } = readFrame(frame);
    const { data } = decodeInferRequest(parseJson(json), binary).inputs[0]!.tensor;
    expect(data).toEqual(Float64Array.of(0.1));
    expect((data as Float64Array).buffer).toBe(frame.buffer);
  });

  it('without tensors is no longer than it must be', () => {
    expect(writeFrame({ json: '{}', tensors: [] })).toEqual(Uint8Array.of(2, 0, 0, 0, 0x7b, 0x7d));
  });
});

describe('a body', () => {
  it.each(ids)('has its tensors on a boundary: id %s', id => {
    const { body, jsonLength } = writeBody(asking(id));
    expect(jsonLength % 8).toBe(0);
    expect(body.byteLength).toBe(jsonLength + 8);
  });
});
