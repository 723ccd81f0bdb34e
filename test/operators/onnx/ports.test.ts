import { fileURLToPath } from 'node:url';
import * as fc from 'fast-check';
import { PbfWriter } from 'pbf';
import { describe, expect, it } from 'vitest';
import { MillraceError, readModelMetadata } from '../../../operators/index.ts';
import { parseModelMetadata, type ModelMetadata } from '../../../operators/onnx/metadata.ts';
import { portsOf } from '../../../operators/onnx/ports.ts';

const module = (path: string) => fileURLToPath(new URL(`../../../node_modules/${path}`, import.meta.url));
const silero = module('@ricky0123/vad-web/dist/silero_vad_v5.onnx');

describe('an ONNX file’s metadata', () => {
  it('is read without native code', async () => {
    expect(await readModelMetadata(silero)).toEqual({
      inputs: [
        { name: 'input', datatype: 'FP32', shape: [-1, -1] },
        { name: 'state', datatype: 'FP32', shape: [2, -1, 128] },
        { name: 'sr', datatype: 'INT64', shape: [] },
      ],
      outputs: [
        { name: 'output', datatype: 'FP32', shape: [-1, 1] },
        { name: 'stateN', datatype: 'FP32', shape: [-1, -1, -1] },
      ],
    });
  });

  it('leaves out weights that are listed as inputs', () => {
    const pbf = new PbfWriter();
    pbf.writeVarintField(1, 8);
    pbf.writeMessage(
      7,
      (_, graph) => {
        graph.writeMessage(5, (__, weight) => weight.writeStringField(8, 'w'), null);
        for (const [field, name] of [
          [11, 'x'],
          [11, 'w'],
          [12, 'y'],
        ] as const) {
          graph.writeMessage(
            field,
            (__, port) => {
              port.writeStringField(1, name);
              port.writeMessage(
                2,
                (___, type) => type.writeMessage(1, (____, tensor) => tensor.writeVarintField(1, 1), null),
                null,
              );
            },
            null,
          );
        }
      },
      null,
    );
    const { inputs, outputs } = parseModelMetadata(pbf.finish(), 'model.onnx');
    expect([inputs, outputs].map(ports => ports.map(({ name }) => name))).toEqual([['x'], ['y']]);
  });

  it('of anything else is a clear error, whatever the bytes', () => {
    expect(() => parseModelMetadata(new Uint8Array(0), 'empty.onnx')).toThrow(
      'empty.onnx is not an ONNX model: it holds no graph',
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), data => {
        try {
          parseModelMetadata(data, 'fuzz.onnx');
        } catch (error) {
          expect(error).toBeInstanceOf(MillraceError);
          expect(error).toMatchObject({ code: 'invalid-pipeline', diagnostic: 'not-onnx' });
        }
      }),
      { numRuns: 500 },
    );
  });

  it('of a missing file is a clear error', async () => {
    await expect(readModelMetadata('/nowhere/model.onnx')).rejects.toMatchObject({ diagnostic: 'not-onnx' });
  });
});

describe('a model’s ports', () => {
  const model: ModelMetadata = {
    inputs: [
      { name: 'x', datatype: 'FP32', shape: ['batch', 3, 48, 'width'] },
      { name: 'sr', datatype: 'INT64', shape: [] },
    ],
    outputs: [{ name: 'y', datatype: 'FP32', shape: ['batch', 'width', 10] }],
  };
  const ports = (params: object) => portsOf(model, { model: 'm', ...params });

  it('are its inputs and outputs less the batch axis and the constants', () => {
    expect(ports({ constants: { sr: 16000 } })).toEqual({
      inputs: { x: { datatype: 'FP32', shape: [3, 48, 'width'] } },
      outputs: { y: { datatype: 'FP32', shape: ['width', 10] } },
    });
  });

  it('leave a padded axis open', () => {
    const { inputs } = ports({ constants: { sr: 1 }, pad: { x: { axis: 3, to: 32 } } });
    expect(inputs['x']!.shape).toEqual([3, 48, -1]);
  });

  it.each([
    [{}, 'the model\'s "sr" has 0 axes, so its batch axis can\'t be 0'],
    [{ constants: { rate: 1 } }, '`constants` names "rate", which the model lacks; it has "x", "sr"'],
    [{ constants: { sr: 1 }, axes: { z: 1 } }, '`axes` names "z", which the model lacks'],
    [{ constants: { sr: 1 }, axes: { x: 4 } }, "has 4 axes, so its batch axis can't be 4"],
    [{ constants: { sr: 1 }, pad: { x: { axis: 0 } } }, "`pad` can't pad axis 0"],
    [{ constants: { sr: 1 }, pad: { x: { axis: 7 } } }, "`pad` can't pad axis 7"],
    [{ constants: { sr: 1 }, axes: { x: 1 } }, 'the model takes exactly 3 queries at once'],
  ])('refuse parameters that do not fit: %j', (params, message) => {
    expect(() => ports(params)).toThrow(message);
  });
});
