import { readFile } from 'node:fs/promises';
import { isSeq, parseDocument } from 'yaml';
import { hashOf, newKey } from '../server/access/key-ring.ts';
import { parseKeys, type Key } from '../server/access/keys-file.ts';
import { PipelineError } from '../../pipelines/index.ts';
import { say, textOption, UsageError, type Arguments, type Command } from './command.ts';
import { nameArgument } from './scaffold/names.ts';
import { writeWhole } from './whole-file.ts';

const header = `# API keys of millrace serve --keys. It holds hashes only: a key itself is shown once, when it is made.
millrace: keys/1
keys: []
`;

/** The text of the file, or of a new one. */
async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return header;
    throw new UsageError(`${path} can't be read: ${(error as Error).message}`);
  }
}

/** The text with one key more, its comments kept. @throws PipelineError if it has mistakes before or after */
function withKey(text: string, path: string, key: Key): string {
  const readable = (text: string) => {
    const { keys, diagnostics } = parseKeys(text, path);
    if (!keys) throw new PipelineError(diagnostics);
  };
  readable(text);
  const document = parseDocument(text);
  const keys = document.get('keys');
  if (isSeq(keys) && keys.items.length === 0) keys.flow = false;
  const entry = document.createNode(key);
  entry.flow = true;
  document.addIn(['keys'], entry);
  const more = document.toString({ lineWidth: 0 });
  readable(more);
  return more;
}

function rateOption(args: Arguments): number | undefined {
  const text = textOption(args, 'rate');
  if (text === undefined) return undefined;
  const rate = Number(text);
  if (text.trim() !== '' && rate > 0 && rate <= 1e9) return rate;
  throw new UsageError(`--rate takes queries per second, more than 0, not "${text}"`);
}

function keyOf(args: Arguments, sha256: string): Key {
  const name = nameArgument('new key', args.positionals);
  const pipelines = textOption(args, 'pipelines')?.split(',');
  const rate = rateOption(args);
  return {
    name,
    sha256,
    ...(pipelines && { pipelines }),
    ...(rate !== undefined && { rate }),
    ...(args.values['manage'] === true && { manage: true }),
  };
}

export const command: Command = {
  help: `millrace new key: make an API key

Usage: millrace new key NAME [--file keys.yaml] [options]

Prints a new key, once: it is kept nowhere. Its hash and what it allows are added to the file of keys that
millrace serve --keys reads, or are printed to be pasted there. NAME is what logs and metrics call the client.

  --file FILE          the file of keys; made if it is not there
  --pipelines A,B      what it may use; all pipelines, unless given
  --rate N             queries per second that it may ask; any number, unless given
  --manage             it may load and unload pipelines, and see how they run

Exit status: 0 made; 1 the file has mistakes, or a key of this name; 2 it can't be written.
`,
  options: {
    file: { type: 'string' },
    pipelines: { type: 'string' },
    rate: { type: 'string' },
    manage: { type: 'boolean' },
  },
  async run(args) {
    const key = newKey();
    const entry = keyOf(args, hashOf(key));
    const file = textOption(args, 'file');
    if (file === undefined) {
      const yaml = withKey(header, '', entry).slice(header.indexOf('millrace:'));
      say(`The file of keys for millrace serve --keys, or one more of its "keys":\n\n${yaml}`);
    } else {
      await writeWhole(file, withKey(await textOf(file), file, entry));
      say(`Added "${entry.name}" to ${file}. This is the key; it can't be shown again:\n`);
    }
    process.stdout.write(`${key}\n`);
    return 0;
  },
};
