/** Operators that pass their text on, some texts with a fault. */
import { setTimeout as sleep } from 'node:timers/promises';

const text = { datatype: 'BYTES', shape: [1] };
const ports = { inputs: { text }, outputs: { text } };
const textsOf = batch => batch.map(({ inputs }) => Buffer.from(inputs.text.data[0]).toString());

export const prepare = {
  description: 'Throws on poison, is late when told.',
  ports,
  create: () => ({
    async run(batch) {
      const texts = textsOf(batch);
      if (texts.some(each => each.startsWith('poison'))) throw new Error('poison');
      await sleep(texts.some(each => each.startsWith('late')) ? 3000 : 2);
      return batch.map(({ inputs }) => ({ text: inputs.text }));
    },
  }),
};

export const model = {
  description: 'Ends its process on crash, and never returns on hang.',
  ports,
  create: () => ({
    async run(batch) {
      const texts = textsOf(batch);
      if (texts.some(each => each.startsWith('crash'))) process.exit(134);
      if (texts.some(each => each.startsWith('hang'))) for (;;);
      await sleep(5 + batch.length);
      return batch.map(({ inputs }) => ({ text: inputs.text }));
    },
  }),
};
