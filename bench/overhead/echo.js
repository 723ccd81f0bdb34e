/** Passes its input on: all that a query through it costs is the engine's own. */
export const operator = {
  description: 'Passes its input on.',
  ports: { inputs: { in: { datatype: 'ANY' } }, outputs: { out: { datatype: 'ANY', like: 'in' } } },
  create: () => ({ run: batch => batch.map(({ inputs }) => ({ out: inputs.in })) }),
};
