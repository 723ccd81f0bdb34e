import type { ModelUse } from './model-use.ts';
import { pictureSource, pictureStages, type Picture } from './picture.ts';
import { entryText, flowText, scalarText } from './yaml-text.ts';

/** What a new pipeline is made of. */
export interface NewPipeline {
  name: string;
  /** The model's file name, for the description. */
  source: string;
  /** The model as the pipeline file names it. */
  model: string;
  use: ModelUse;
  /** Inputs that are given pictures; the others are tensors. */
  pictures: readonly Picture[];
  /** Where the schema for editors lies, from the pipeline file; null where it is not known. */
  schema: string | null;
}

function inputsText({ use, pictures }: NewPipeline): string {
  const lines = use.inputs.map(input => {
    const picture = pictures.find(picture => picture.input === input);
    if (picture)
      return `  # an encoded picture: JPEG, PNG, WebP\n${entryText(2, picture.name, { datatype: 'BYTES', shape: [1] })}`;
    return entryText(2, input.name, { datatype: input.datatype, shape: input.shape });
  });
  return `inputs: # shapes are those of one query, without a batch axis; -1 and names are any size\n${lines.join('')}`;
}

function optional(indent: number, key: string, value: object, comment: string): string {
  return Object.keys(value).length > 0 ? entryText(indent, key, value, comment) : '';
}

function modelText({ model, use, pictures }: NewPipeline): string {
  const sources = use.inputs.map(input => {
    const picture = pictures.find(picture => picture.input === input);
    return [input.port, picture ? pictureSource(picture) : `inputs.${input.name}`];
  });
  const renamed = use.outputs.filter(({ name, port }) => name !== port).map(({ name, port }) => [name, port]);
  return [
    '  model:\n    operator: onnx\n',
    entryText(4, 'inputs', Object.fromEntries(sources)),
    optional(4, 'outputs', Object.fromEntries(renamed), "the model's names, given ours"),
    optional(
      4,
      'state',
      use.state,
      'input: the output that is its next value in the sequence; zeros at first',
    ),
    `    params:\n      model: ${scalarText(model)}\n`,
    optional(6, 'axes', use.axes, 'the batch axis, where it is not 0'),
    optional(6, 'constants', use.constants, 'the same for every query: put in what your model needs'),
  ].join('');
}

/** The text of a pipeline file that runs one model. */
export function pipelineText(pipeline: NewPipeline): string {
  const { name, source, use, pictures, schema } = pipeline;
  return [
    schema === null ? '' : `# yaml-language-server: $schema=${schema}\n`,
    `millrace: pipeline/1\nname: ${scalarText(name)}\n`,
    `description: ${scalarText(`Runs ${source}.`)}\n`,
    'slo: { p99: 1 s } # 99 of 100 queries are answered within this: what `millrace plan` plans for\n\n',
    inputsText(pipeline),
    '\nstages:\n',
    ...pictures.map(pictureStages),
    modelText(pipeline),
    '\noutputs:\n',
    ...use.outputs.map(output => `  ${scalarText(output.name)}: ${flowText(`model.${output.name}`)}\n`),
  ].join('');
}
