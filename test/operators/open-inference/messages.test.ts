import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bytes,
  decodeInferRequest,
  decodeInferResponse,
  encodeInferRequest,
  encodeInferResponse,
  MillraceError,
  parseJson,
  readFrame,
  tensor,
  writeFrame,
  type InferRequest,
  type Tensor,
} from '../../../operators/index.ts';

const none = new Uint8Array(0);

function reasonOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(MillraceError);
    const { code, message } = error as MillraceError;
    return `${code}: ${message}`;
  }
  return 'nothing was thrown';
}

const request = (input: object) => ({ inputs: [{ name: 'x', shape: [2], datatype: 'FP32', ...input }] });
const reject = (input: object, binary = none) => reasonOf(() => decodeInferRequest(request(input), binary));

describe('a request', () => {
  it('takes nested and flat data for the same tensor', () => {
    const nested = {
      inputs: [
        {
          name: 'x',
          shape: [2, 2],
          datatype: 'INT32',
          data: [
            [1, 2],
            [3, 4],
          ],
        },
      ],
    };
    const flat = { inputs: [{ name: 'x', shape: [2, 2], datatype: 'INT32', data: [1, 2, 3, 4] }] };
    const expected = tensor('INT32', [2, 2], Int32Array.of(1, 2, 3, 4));
    expect(decodeInferRequest(nested, none).inputs[0]!.tensor).toEqual(expected);
    expect(decodeInferRequest(flat, none).inputs[0]!.tensor).toEqual(expected);
  });

  it('takes one number for a list of one', () => {
    expect(decodeInferRequest(request({ shape: [1], data: [5] }), none).inputs[0]!.tensor).toEqual(
      tensor('FP32', [1], Float32Array.of(5)),
    );
  });

  it('keeps every digit of an INT64', () => {
    const text =
      '{"inputs":[{"name":"x","shape":[2],"datatype":"INT64","data":[9007199254740993,-9223372036854775808]}]}';
    const { tensor } = decodeInferRequest(parseJson(text), none).inputs[0]!;
    expect([...tensor.data]).toEqual([9007199254740993n, -9223372036854775808n]);
  });

  it('takes no integer of more digits than any datatype holds', () => {
    expect(parseJson('9'.repeat(400))).toBe(10n ** 400n - 1n);
    expect(reasonOf(() => parseJson(`[${'9'.repeat(1_000_000)}]`))).toMatch(
      /^invalid-input: .*an integer has 1000000 digits; at most 400 are read$/,
    );
  });

  it('takes texts for base64 if they say so', () => {
    const given = request({
      datatype: 'BYTES',
      shape: [1],
      data: ['AAH/'],
      parameters: { content_type: 'base64' },
    });
    expect(decodeInferRequest(given, none).inputs[0]!.tensor).toEqual(bytes([Uint8Array.of(0, 1, 255)]));
  });

  it.each([
    [{ data: [1, 2, 3] }, 'inputs[0] ("x").data has 3 elements; "shape" says [2]'],
    [{ shape: [1, 2], data: [[1], [2]] }, 'inputs[0] ("x").data has shape [2, 1]; "shape" says [1, 2]'],
    [
      { shape: [2, 2], data: [[1, 2], [3]] },
      'inputs[0] ("x").data its lists are of different lengths: 3 elements',
    ],
    [{ data: [1, 'two'] }, 'inputs[0] ("x").data "two" is no FP32'],
    [{ data: [1, null] }, 'inputs[0] ("x").data null is no FP32'],
    [{ datatype: 'UINT8', data: [1, 256] }, 'inputs[0] ("x").data 256 is no UINT8: it takes 0 to 255'],
    [{ datatype: 'FLOAT', data: [1, 2] }, 'inputs[0] ("x").datatype is no datatype: "FLOAT"'],
    [{ datatype: 'BYTES', data: ['a', 1] }, 'inputs[0] ("x").data holds something that is no text'],
    [{}, 'inputs[0] ("x").data is missing'],
    [{ shape: [-1], data: [1] }, 'inputs[0] ("x").shape is no list of whole numbers from 0'],
    [
      { shape: [2 ** 31, 2 ** 31], data: [1] },
      'inputs[0] ("x").shape [2147483648, 2147483648] has more elements than can be counted',
    ],
    [{ data: [1, 2], parameters: { a: [] } }, 'inputs[0] ("x").parameters.a is no text, number or boolean'],
    [
      { parameters: { binary_data_size: 8 } },
      'inputs[0] ("x").parameters.binary_data_size is 8, but only 0 bytes are left',
    ],
    [
      { datatype: 'BYTES', data: ['?'], shape: [1], parameters: { content_type: 'base64' } },
      'inputs[0] ("x").data is no base64',
    ],
  ])('with %j names the field', (input, problem) => {
    expect(reject(input)).toBe(`invalid-input: ${problem}`);
  });

  it('names what is wrong with its binary tensors', () => {
    const parameters = { binary_data_size: 4 };
    expect(reject({ parameters }, new Uint8Array(4))).toBe(
      'invalid-input: inputs[0] ("x"): its binary data has 4 bytes; FP32 of shape [2] takes 8',
    );
    expect(reject({ datatype: 'BYTES', shape: [1], parameters }, Uint8Array.of(9, 0, 0, 0))).toBe(
      'invalid-input: inputs[0] ("x"): its binary data ends within element 0, which says it is 9 bytes long',
    );
    expect(reject({ datatype: 'BYTES', shape: [2 ** 31], parameters }, new Uint8Array(4))).toMatch(/too few/);
    expect(reject({ data: [1, 2] }, new Uint8Array(4))).toBe(
      'invalid-input: the body has 4 bytes that belong to no tensor',
    );
  });

  it('names an input that is there twice', () => {
    const input = { name: 'x', shape: [1], datatype: 'FP32', data: [1] };
    expect(reasonOf(() => decodeInferRequest({ inputs: [input, input] }, none))).toBe(
      'invalid-input: inputs[1] ("x") is there twice',
    );
  });

  it.each([[null], [[]], ['text'], [{}], [{ inputs: {} }], [{ inputs: [1] }], [{ inputs: [{}] }]])(
    'that is %j is refused',
    given => {
      expect(reasonOf(() => decodeInferRequest(given, none))).toMatch(/^invalid-input: /);
    },
  );
});

describe('JSON', () => {
  it('nested too deeply is refused, also where it is read digit by digit', () => {
    const deep = `${'['.repeat(100_000)}12345678901234567890${']'.repeat(100_000)}`;
    expect(reasonOf(() => parseJson(deep))).toMatch(/^invalid-input: .*nested too deeply$/);
  });

  it('that is none says why', () => {
    expect(reasonOf(() => parseJson('{"a":'))).toMatch(/^invalid-input: the body can't be read as JSON: /);
  });
});

const tensors: fc.Arbitrary<Tensor> = fc.oneof(
  fc
    .array(fc.float({ noNaN: true, noDefaultInfinity: true }), { maxLength: 6 })
    .map(list => tensor('FP32', [list.length], Float32Array.from(list))),
  fc
    .array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), { maxLength: 6 })
    .map(list => tensor('INT64', [1, list.length], BigInt64Array.from(list))),
  fc.uint8Array({ maxLength: 6 }).map(list => tensor('UINT8', [list.length], list)),
  fc
    .array(fc.boolean(), { maxLength: 6 })
    .map(list => tensor('BOOL', [list.length], Uint8Array.from(list, Number))),
  fc.array(fc.uint8Array({ maxLength: 9 }), { maxLength: 4 }).map(list => bytes(list)),
  fc
    .array(fc.string({ unit: 'grapheme' }), { maxLength: 4 })
    .map(list => bytes(list.map(text => new TextEncoder().encode(text)))),
);

/** Elements as they are, wherever they lie in memory. */
const plain = (of: Tensor) => ({
  datatype: of.datatype,
  shape: of.shape,
  data: [...of.data].map(element => (element instanceof Uint8Array ? [...element] : element)),
});

describe('messages', () => {
  it('come back as they were, in JSON and in binary', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(tensors, fc.boolean()), { minLength: 1, maxLength: 4 }), cases => {
        const inputs = cases.map(([tensor], index) => ({ name: `t${index}`, tensor }));
        const sent: InferRequest = { id: 'a', parameters: { timeout: 5 }, inputs };
        const isBinary = (name: string) => cases[Number(name.slice(1))]![1];
        const { json, binary } = readFrame(writeFrame(encodeInferRequest(sent, isBinary)));
        const got = decodeInferRequest(parseJson(json), binary);
        expect(got.id).toBe('a');
        expect(got.inputs.map(({ tensor }) => plain(tensor))).toEqual(
          inputs.map(({ tensor }) => plain(tensor)),
        );
        const answer = { model_name: 'm', model_version: '1', outputs: inputs };
        const frame = readFrame(writeFrame(encodeInferResponse(answer, isBinary)));
        const back = decodeInferResponse(parseJson(frame.json), frame.binary);
        expect(back.outputs.map(({ tensor }) => plain(tensor))).toEqual(
          inputs.map(({ tensor }) => plain(tensor)),
        );
      }),
    );
  });

  it('that are random bytes never throw anything but an error with a code', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.json(), (noise, json) => {
        for (const work of [
          () => decodeInferRequest(parseJson(json), noise),
          () => {
            const { json: text, binary } = readFrame(noise);
            decodeInferRequest(parseJson(text), binary);
          },
        ]) {
          try {
            work();
          } catch (error) {
            expect(error).toBeInstanceOf(MillraceError);
          }
        }
      }),
    );
  });
});
