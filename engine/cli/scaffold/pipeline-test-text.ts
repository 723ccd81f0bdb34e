import { isFree } from './dimensions.ts';
import type { UsedPort } from './model-use.ts';
import type { NewPipeline } from './pipeline-text.ts';

const picture = `
// A grey PNG of 8 x 8 pixels. Better: a picture whose answer you know, by readFileSync.
const picture = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAD0lEQVQImWPowAEYhpYEANsRZgE07zdlAAAAAElFTkSuQmCC',
  'base64',
);
`;

/** A size for what a model leaves open: one for all, since sizes that belong together must be equal. */
function openSize({ use }: NewPipeline): number {
  // With a sampling rate the input is sound, and models of sound refuse fewer samples than this.
  return Object.values(use.constants).includes(16_000) ? 512 : 64;
}

function valueText({ datatype, shape }: UsedPort, open: number): string {
  if (datatype === 'BYTES' && shape.length === 1 && (shape[0] === 1 || isFree(shape[0])))
    return "text('text')";
  return `zeros('${datatype}', [${shape.map(size => (isFree(size) ? open : size)).join(', ')}])`;
}

/** The text of a test, for `node --test`, that the pipeline answers with what its file says. */
export function pipelineTestText(pipeline: NewPipeline): string {
  const { name, use, pictures } = pipeline;
  const open = openSize(pipeline);
  const tensors = use.inputs.filter(input => !pictures.some(picture => picture.input === input));
  const values = [
    ...pictures.map(({ name }) => (name === 'picture' ? name : `${name}: picture`)),
    ...tensors.map(input => `${input.name}: ${valueText(input, open)}`),
  ];
  const helpers = ['text', 'zeros'].filter(helper => values.some(value => value.includes(`: ${helper}('`)));
  const guessed = tensors.some(({ datatype, shape }) => datatype !== 'BYTES' && shape.some(isFree));
  const guess = `  // Where the model leaves a size open, ${open} stands: put in what it is used with.\n`;
  return `// Run with: node --test pipeline.test.js
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ${['Engine', 'loadPipeline', ...helpers].join(', ')} } from 'millrace';
${pictures.length > 0 ? picture : ''}
let engine;
before(async () => {
  engine = await Engine.start(await loadPipeline(import.meta.dirname));
});
after(() => engine?.close());

test('${name} answers with every output', async () => {
${guessed ? guess : ''}  const { outputs } = await engine.infer({
${values.map(value => `    ${value},\n`).join('')}  });
${use.outputs.map(({ name, datatype }) => `  assert.equal(outputs.${name}.datatype, '${datatype}');\n`).join('')}\
  // Next: what should the model say of an input that you know? Assert that.
});
`;
}
