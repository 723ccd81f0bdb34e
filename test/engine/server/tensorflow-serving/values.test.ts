import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readTensor } from '../../../../engine/server/tensorflow-serving/read-tensor.ts';
import { writeDecimal, writeValue } from '../../../../engine/server/tensorflow-serving/write.ts';
import { parseLenientJson, type Tensor } from '../../../../operators/index.ts';
import { anyTensor } from '../../../support/tensors.ts';
import { predict, routesOf, text } from './support.ts';

const points = await routesOf({ x: '{ datatype: FP32, shape: [2, -1] }' });
const texts = await routesOf({ text });
const two = await routesOf({ a: '{ datatype: FP32, shape: [-1] }', b: '{ datatype: INT64, shape: [1] }' });

describe('values', () => {
  it('come back as they were written, whatever they are', () => {
    fc.assert(
      fc.property(anyTensor(), (tensor: Tensor) => {
        const type = { datatype: tensor.datatype, shape: tensor.shape.map(() => -1) };
        for (const name of ['x', 'x_bytes']) {
          const written = writeValue(name, tensor);
          expect(readTensor(parseLenientJson(written), type, { field: 'x' })).toEqual(tensor);
        }
      }),
    );
  });

  it.each([
    [1, '1.0'],
    [-0, '-0.0'],
    [0.25, '0.25'],
    [1e21, '1e+21'],
    [NaN, 'NaN'],
    [-Infinity, '-Infinity'],
  ])('that are fractions show it: %s', (value, text) => {
    expect(writeDecimal(value)).toBe(text);
  });
});

describe('a body of any JSON', () => {
  const bodies = fc.oneof(
    fc.json(),
    fc
      .record({ instances: fc.jsonValue(), inputs: fc.jsonValue() }, { requiredKeys: [] })
      .map(body => JSON.stringify(body)),
    fc
      .record({ examples: fc.array(fc.jsonValue()), context: fc.jsonValue() }, { requiredKeys: [] })
      .map(body => JSON.stringify(body)),
  );

  it('is answered or refused for a reason that is known', async () => {
    await fc.assert(
      fc.asyncProperty(bodies, fc.constantFrom('predict', 'classify', 'regress'), async (body, method) => {
        for (const routes of [points, texts, two]) {
          const [status] = await predict(routes, body, { path: `/v1/models/made:${method}` });
          expect([200, 400, 413, 500]).toContain(status);
        }
      }),
      { numRuns: 300 },
    );
  });
});
