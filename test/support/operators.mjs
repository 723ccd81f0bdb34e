/** A user's operators, each for one behaviour of the runtime. */

const anything = { inputs: { in: { datatype: 'ANY' } }, outputs: { out: { datatype: 'ANY', like: 'in' } } };
const number = { datatype: 'FP32', shape: [1] };

/** Passes its input on, and remembers the sizes of the batches it ran. */
export const batchSizes = [];
export const echo = {
  description: 'Passes its input on.',
  ports: anything,
  create: () => ({
    run(batch) {
      batchSizes.push(batch.length);
      return batch.map(({ inputs }) => ({ out: inputs.in }));
    },
  }),
};

/** Fails on the text `poison`: the whole batch, as most operators would. */
export const fragile = {
  description: 'Throws on poison.',
  ports: {
    inputs: { in: { datatype: 'BYTES', shape: [1] } },
    outputs: { out: { datatype: 'BYTES', shape: [1] } },
  },
  create: () => ({
    run(batch) {
      const texts = batch.map(({ inputs }) => Buffer.from(inputs.in.data[0]).toString());
      if (texts.includes('poison')) throw new Error('can not swallow poison\nsecond line');
      return batch.map(({ inputs }) => ({ out: inputs.in }));
    },
  }),
};

/** Gives one result too few. */
export const miscounting = {
  description: 'Loses the last item.',
  ports: anything,
  create: () => ({ run: batch => batch.slice(1).map(({ inputs }) => ({ out: inputs.in })) }),
};

/** Never answers the text `hang`. */
export const stuck = {
  description: 'Hangs on hang.',
  ports: {
    inputs: { in: { datatype: 'BYTES', shape: [1] } },
    outputs: { out: { datatype: 'BYTES', shape: [1] } },
  },
  create: () => ({
    run(batch) {
      const texts = batch.map(({ inputs }) => Buffer.from(inputs.in.data[0]).toString());
      if (texts.includes('hang')) return new Promise(() => {});
      return batch.map(({ inputs }) => ({ out: inputs.in }));
    },
  }),
};

/** Splits a text at its commas. */
export const split = {
  description: 'Splits at commas.',
  ports: {
    inputs: { text: { datatype: 'BYTES', shape: [1] } },
    outputs: { parts: { datatype: 'BYTES', shape: [1], list: true } },
  },
  create: () => ({
    run: batch =>
      batch.map(({ inputs }) => {
        const text = Buffer.from(inputs.text.data[0]).toString();
        const parts = text === '' ? [] : text.split(',');
        return {
          parts: parts.map(part => ({
            datatype: 'BYTES',
            shape: [1],
            data: [new TextEncoder().encode(part)],
          })),
        };
      }),
  }),
};

/** Joins two lists pairwise: a1+b1 a2+b2 … */
export const pair = {
  description: 'Joins two lists pairwise.',
  ports: {
    inputs: {
      a: { datatype: 'BYTES', shape: [1], list: true },
      b: { datatype: 'BYTES', shape: [1], list: true },
    },
    outputs: { text: { datatype: 'BYTES', shape: [1] } },
  },
  create: () => ({
    run: batch =>
      batch.map(({ inputs: { a, b } }) => {
        const text = value => Buffer.from(value.data[0]).toString();
        const joined = a.map((item, index) => `${text(item)}+${b[index] ? text(b[index]) : '?'}`).join(' ');
        return { text: { datatype: 'BYTES', shape: [1], data: [new TextEncoder().encode(joined)] } };
      }),
  }),
};

/** Adds its input to a running sum; says `last` by making the sum negative. */
export const sum = {
  description: 'Sums what it is given.',
  ports: { inputs: { value: number, sum: { datatype: 'FP32', shape: [-1] } }, outputs: { sum: number } },
  create: () => ({
    run: batch =>
      batch.map(({ inputs, context }) => {
        const total = (inputs.sum.data[0] ?? 0) + inputs.value.data[0];
        if (inputs.value.data[0] === 13) return new Error('unlucky');
        return {
          sum: { datatype: 'FP32', shape: [1], data: Float32Array.of(context.last ? -total : total) },
        };
      }),
  }),
};

/** Says how many items of one sequence it ever saw in a batch, as a number. */
export const numbers = {
  description: 'Makes a list of numbers from 1 to n.',
  ports: { inputs: { n: number }, outputs: { list: { ...number, list: true } } },
  create: () => ({
    run: batch =>
      batch.map(({ inputs }) => ({
        list: Array.from({ length: inputs.n.data[0] }, (_, index) => ({
          datatype: 'FP32',
          shape: [1],
          data: Float32Array.of(index + 1),
        })),
      })),
  }),
};

/** Gives its text many times over, in one value that is large. */
export const repeat = {
  description: 'Repeats its input.',
  ports: {
    inputs: { in: { datatype: 'BYTES', shape: [1] } },
    outputs: { out: { datatype: 'BYTES', shape: [1] } },
  },
  create: () => ({
    run: batch =>
      batch.map(({ inputs }) => {
        const text = Buffer.from(inputs.in.data[0]).toString();
        if (text === 'poison') return new Error('can not swallow poison');
        return {
          out: { datatype: 'BYTES', shape: [1], data: [new TextEncoder().encode(text.repeat(10_000))] },
        };
      }),
  }),
};
