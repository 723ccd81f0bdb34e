#!/usr/bin/env node
/** The `millrace` command. Each command's code is loaded only when it is asked for. */
import { parseArgs } from 'node:util';
import { errorTable, MillraceError } from '../../operators/index.ts';
import { nearest, PipelineError } from '../../pipelines/index.ts';
import { eventLoopFirst } from '../runtime/niceness.ts';
import { describeError, say, UsageError, type Arguments, type Command } from './command.ts';
import { version } from './version.ts';

const help = `millrace: inference pipelines, declared in YAML

Usage: millrace COMMAND [options]

Commands:
  check PIPELINE...            find every mistake in pipeline files
  run PIPELINE                 run queries through a pipeline, in this process
  profile PIPELINE             measure every stage of a pipeline on this machine
  plan PIPELINE                find the cheapest plan that meets the SLO
  estimate PIPELINE            predict how a plan would do
  rehearse PIPELINE            run a plan with emulated stages, predicted beside measured
  serve PIPELINE...            answer queries over HTTP and WebSocket
  load URL                     open-loop load on a served pipeline
  new operator NAME            start an operator of your own, with a test
  new pipeline NAME            start a pipeline from an ONNX model, with a test
  new key NAME                 make an API key for the server

PIPELINE is a folder with a pipeline.yaml, a file, or the name of a shipped one: ocr, fashion, speech.

Options:
  --help       this text; after a command, that command's
  --version    the version

Exit status: 0 fine; 1 a finding (an invalid pipeline, a failed query); 2 misuse or failure.
`;

const commands: Readonly<Record<string, () => Promise<{ command: Command }>>> = {
  check: () => import('./check.ts'),
  run: () => import('./run.ts'),
  profile: () => import('./profile.ts'),
  plan: () => import('./plan.ts'),
  estimate: () => import('./estimate.ts'),
  rehearse: () => import('./rehearse.ts'),
  serve: () => import('./serve.ts'),
  load: () => import('./load.ts'),
  'new operator': () => import('./new-operator.ts'),
  'new pipeline': () => import('./new-pipeline.ts'),
  'new key': () => import('./new-key.ts'),
};

/** The command that the arguments begin with, and the rest of them. */
function findCommand(args: readonly string[]): { name: string; rest: string[] } {
  for (const words of [2, 1]) {
    const name = args.slice(0, words).join(' ');
    if (Object.hasOwn(commands, name)) return { name, rest: args.slice(words) };
  }
  const named =
    args
      .filter(arg => !arg.startsWith('-'))
      .slice(0, 2)
      .join(' ') || args[0]!;
  const names = Object.keys(commands);
  const guess = nearest(named, names);
  const longer = names.filter(name => name.startsWith(`${args[0]} `)).map(name => `"${name}"`);
  const among = longer.length > 0 ? `; there are ${longer.join(', ')}` : '';
  throw new UsageError(`there is no command "${named}"${guess ? `; did you mean "${guess}"?` : among}`);
}

/** The arguments by a command's options. @throws an error if it does not take them */
function readArguments(args: string[], { options }: Command): Arguments {
  const parsed = parseArgs({ args, options, allowPositionals: true, strict: true, tokens: true });
  const seen = new Set<string>();
  for (const token of parsed.tokens) {
    if (token.kind !== 'option' || options[token.name]?.multiple) continue;
    // The parser would silently take the last.
    if (seen.has(token.name)) throw new UsageError(`--${token.name} may be given once`);
    seen.add(token.name);
  }
  return parsed;
}

async function main(args: readonly string[]): Promise<number> {
  if (args.length === 0 || ['--help', '-h', 'help'].includes(args[0]!)) {
    process.stdout.write(help);
    return args.length === 0 ? 2 : 0;
  }
  if (['--version', '-v'].includes(args[0]!)) {
    process.stdout.write(`${version()}\n`);
    return 0;
  }
  const { name, rest } = findCommand(args);
  const { command } = await commands[name]!();
  if (rest.includes('--help') || rest.includes('-h')) {
    process.stdout.write(command.help);
    return 0;
  }
  if (rest.length === 1 && rest[0] === '--version') return main(rest);
  let parsed;
  try {
    parsed = readArguments(rest, command);
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\nSee: millrace ${name} --help`);
  }
  eventLoopFirst();
  try {
    return await command.run(parsed);
  } catch (error) {
    if (error instanceof UsageError) throw new UsageError(`${error.message}\nSee: millrace ${name} --help`);
    throw error;
  }
}

/** Says what went wrong and gives the exit status for it. */
function report(error: unknown): number {
  if (error instanceof UsageError) say(`millrace: ${error.message}`);
  else if (error instanceof PipelineError) say(error.message);
  else say(`millrace: ${describeError(error)}`);
  return error instanceof MillraceError ? errorTable[error.code].exit : 2;
}

// A reader that goes away (`| head`) is no failure of ours.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 2));

const status = await main(process.argv.slice(2)).catch(report);
// Exits although a stuck worker may live on; what was written to a pipe is flushed first.
process.stdout.write('', () => process.stderr.write('', () => process.exit(status)));
