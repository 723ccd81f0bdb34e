/** A stage's name for an operator of the user's; the prefix keeps it from being a word of expressions. */
export function stageNameFor(name: string): string {
  return `my_${name.replaceAll('-', '_')}`;
}

/** The text of a new operator's module: something small that works, to be replaced. `file` is its file name. */
export function operatorText(name: string, file: string): string {
  return `/**
 * ${name}: shortens a text to its first words. A start to edit. In a pipeline beside this file:
 *
 *   stages:
 *     ${stageNameFor(name)}:
 *       operator: ./${file}#operator
 *       inputs: { text: inputs.text }
 *       params: { words: 5 }
 */

// Values are tensors, { datatype, shape, data }. For BYTES, \`data\` is a list of byte strings, here of one text.
const decoder = new TextDecoder('utf-8', { fatal: true });
const encoder = new TextEncoder();

/** @type {import('millrace/operator').Operator<{ words: number, ellipsis: string }>} */
export const operator = {
  description: 'Shortens a text to its first words.',

  // JSON Schema of \`params\` in the pipeline file; \`millrace check\` finds what does not fit it.
  params: {
    type: 'object',
    additionalProperties: false,
    properties: {
      words: { type: 'integer', minimum: 1, default: 10, description: 'Most words that are kept' },
      ellipsis: { type: 'string', default: '…', description: 'What stands for those left out' },
    },
  },

  // What goes in and out for one query. A size is a number, a name, or -1 for any; there is no batch axis.
  ports: {
    inputs: { text: { datatype: 'BYTES', shape: [1] } },
    outputs: {
      text: { datatype: 'BYTES', shape: [1], description: 'The first words' },
      left: { datatype: 'INT32', shape: [1], description: 'How many words were left out' },
    },
  },

  // Called once on each worker. Here is the place to load what takes long; \`site\` says where it runs.
  create({ words, ellipsis }, site) {
    /**
     * @param {{ inputs: Record<string, any> }} item
     * @returns {import('millrace/operator').Outputs | Error}
     */
    function shorten({ inputs }) {
      let all;
      try {
        all = decoder.decode(inputs.text.data[0]).split(/\\s+/).filter(Boolean);
      } catch {
        return new Error(\`\${site.stage} takes text in UTF-8\`);
      }
      const left = Math.max(0, all.length - words);
      const text = all.slice(0, words).join(' ') + (left > 0 ? ellipsis : '');
      return {
        text: { datatype: 'BYTES', shape: [1], data: [encoder.encode(text)] },
        left: { datatype: 'INT32', shape: [1], data: Int32Array.of(left) },
      };
    }

    return {
      // Takes a batch and gives one result for each item, in the same order. An Error in an item's place fails that
      // query alone; one that is thrown fails the batch, which is then run again in halves to find whose it was.
      run: batch => batch.map(shorten),

      // Frees what \`create\` took. Leave it out if there is nothing to free.
      close() {},
    };
  },
};
`;
}

/** The text of a test, for \`node --test\`, of the operator in \`file\`. */
export function operatorTestText(name: string, file: string, testFile: string): string {
  return `// Run with: node --test ${testFile}
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { operator } from './${file}';

const site = { stage: '${stageNameFor(name)}', device: 'cpu', threads: 1, now: () => performance.now() };

/** One item of a batch, as the engine would bring it. */
function item(text) {
  const data = [typeof text === 'string' ? new TextEncoder().encode(text) : text];
  const context = { query: 0, index: 0, last: true };
  return { inputs: { text: { datatype: 'BYTES', shape: [1], data } }, context };
}

const textOf = result => new TextDecoder().decode(result.text.data[0]);

test('shortens each text of a batch', async () => {
  const runner = await operator.create({ words: 2, ellipsis: '…' }, site);
  const results = await runner.run([item('one two three four'), item('one two')]);
  assert.deepEqual(results.map(textOf), ['one two…', 'one two']);
  assert.deepEqual([...results[0].left.data], [2]);
  await runner.close?.();
});

test('fails only the query whose text is broken', async () => {
  const runner = await operator.create({ words: 2, ellipsis: '…' }, site);
  const [broken, fine] = await runner.run([item(Uint8Array.of(0xff)), item('one')]);
  assert.ok(broken instanceof Error);
  assert.equal(textOf(fine), 'one');
  await runner.close?.();
});

test('gives what its ports declare', async () => {
  const runner = await operator.create({ words: 2, ellipsis: '…' }, site);
  const [result] = await runner.run([item('one')]);
  for (const [port, { datatype, shape }] of Object.entries(operator.ports.outputs)) {
    assert.equal(result[port].datatype, datatype);
    assert.deepEqual(result[port].shape, shape);
  }
  await runner.close?.();
});
`;
}
