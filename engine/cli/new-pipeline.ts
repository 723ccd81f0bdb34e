import { stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { MillraceError, readModelMetadata } from '../../operators/index.ts';
import { checkPipeline, renderDiagnostic } from '../../pipelines/index.ts';
import { say, textOption, UsageError, type Command } from './command.ts';
import { externalData } from './scaffold/external-data.ts';
import { modelUse } from './scaffold/model-use.ts';
import { nameArgument } from './scaffold/names.ts';
import { picturesOf } from './scaffold/picture.ts';
import { pipelineTestText } from './scaffold/pipeline-test-text.ts';
import { pipelineText, type NewPipeline } from './scaffold/pipeline-text.ts';
import { installedSchema, moduleExtension, pathFrom } from './scaffold/surroundings.ts';
import { writeNewFolder } from './scaffold/write-new.ts';

async function readModel(file: string) {
  const found = await stat(file).catch(() => null);
  if (found?.isFile()) return readModelMetadata(file);
  throw new MillraceError(
    'not-found',
    `${file} ${found ? 'is no file' : 'is not there'}; --model takes an ONNX file`,
  );
}

/** What is to be looked at and edited, and how to go on. */
function describe(folder: string, test: string, { use, pictures }: NewPipeline): string {
  const values = use.inputs.map(input => {
    const picture = pictures.find(picture => picture.input === input);
    return picture ? `--input ${picture.name}=@picture.jpg` : `--input ${input.name}=@${input.name}.json`;
  });
  const guesses = [
    ...Object.keys(use.constants).map(name => `the constant "${name}"`),
    ...Object.entries(use.state).map(([input, output]) => `that "${output}" is the next "${input}"`),
    ...(pictures.length > 0 ? ['the size and the mean and std of pictures'] : []),
  ];
  const guessed = guesses.length > 0 ? `\nGuessed, so look at it: ${guesses.join('; ')}.\n` : '';
  return `Wrote ${join(folder, 'pipeline.yaml')}, and its test.
${guessed}
Next:

  millrace check ${folder}
  node --test ${join(folder, test)}    (needs millrace installed in the project: npm install millrace)
  millrace run ${folder} ${values.join(' ')}`;
}

export const command: Command = {
  help: `millrace new pipeline: start a pipeline from an ONNX model, with a test

Usage: millrace new pipeline NAME --model FILE.onnx [--image] [--link] [--dir FOLDER]

Opens the model for its inputs and outputs and writes a folder NAME: pipeline.yaml, a copy of the model, and
pipeline.test.js. A start to edit: what was guessed is said. Nothing is ever overwritten.

  --model FILE    the ONNX file
  --image         inputs that can be pictures take JPEG, PNG or WebP: adds stages that decode, fit and normalise
  --link          don't copy the model: name it where it lies
  --dir FOLDER    where to make the folder NAME; the current folder, unless given

Exit status: 0 written; 1 not an ONNX model, or one that can't be given one query; 2 misuse, or NAME is there already.
`,
  options: {
    model: { type: 'string' },
    image: { type: 'boolean' },
    link: { type: 'boolean' },
    dir: { type: 'string' },
  },
  async run(args) {
    const name = nameArgument('new pipeline', args.positionals);
    const model = textOption(args, 'model');
    if (model === undefined) throw new UsageError('new pipeline takes --model FILE.onnx');
    const folder = join(textOption(args, 'dir') ?? '.', name);
    const link = args.values['link'] === true;
    const use = modelUse(await readModel(model));
    const pipeline: NewPipeline = {
      name,
      source: basename(model),
      model: link ? pathFrom(resolve(folder), resolve(model)) : './model.onnx',
      use,
      pictures: args.values['image'] === true ? picturesOf(use.inputs) : [],
      schema: installedSchema(folder),
    };
    const test = `pipeline.test${moduleExtension(folder)}`;
    const copies = link
      ? []
      : [{ path: join(folder, 'model.onnx'), copyOf: model }, ...(await externalData(model, folder))];
    await writeNewFolder(folder, [
      { path: join(folder, 'pipeline.yaml'), text: pipelineText(pipeline) },
      { path: join(folder, test), text: pipelineTestText(pipeline) },
      ...copies,
    ]);
    say(describe(folder, test, pipeline));
    const { diagnostics } = await checkPipeline(folder);
    for (const diagnostic of diagnostics) say(`\n${renderDiagnostic(diagnostic)}`);
    return diagnostics.some(({ severity }) => severity === 'error') ? 1 : 0;
  },
};
