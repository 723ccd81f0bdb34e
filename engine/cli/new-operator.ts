import { join } from 'node:path';
import { say, textOption, type Command } from './command.ts';
import { nameArgument } from './scaffold/names.ts';
import { operatorTestText, operatorText, stageNameFor } from './scaffold/operator-template.ts';
import { moduleExtension } from './scaffold/surroundings.ts';
import { writeNew } from './scaffold/write-new.ts';

export const command: Command = {
  help: `millrace new operator: start an operator of your own, with a test

Usage: millrace new operator NAME [--dir FOLDER]

Writes NAME.js, a small operator that works, and NAME.test.js, its test: a start to edit. In a project whose
package.json says "type": "commonjs" they end in .mjs. Nothing is ever overwritten.

  --dir FOLDER    where to; beside your pipeline file is best. The current folder, unless given

Exit status: 0 written; 2 a file is there already, or can't be written.
`,
  options: { dir: { type: 'string' } },
  async run(args) {
    const name = nameArgument('new operator', args.positionals);
    const folder = textOption(args, 'dir') ?? '.';
    const extension = moduleExtension(folder);
    const file = `${name}${extension}`;
    const testFile = `${name}.test${extension}`;
    await writeNew([
      { path: join(folder, file), text: operatorText(name, file) },
      { path: join(folder, testFile), text: operatorTestText(name, file, testFile) },
    ]);
    say(`Wrote ${join(folder, file)}, and its test.

Use it in a pipeline.yaml beside it:

  stages:
    ${stageNameFor(name)}:
      operator: ./${file}#operator
      inputs: { text: inputs.text }

Test it:

  node --test ${join(folder, testFile)}`);
    return 0;
  },
};
