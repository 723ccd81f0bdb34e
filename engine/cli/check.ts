import { MillraceError } from '../../operators/index.ts';
import {
  checkPipeline,
  diagnosticJson,
  hasErrors,
  renderDiagnostic,
  type Diagnostic,
} from '../../pipelines/index.ts';
import { describeError, say, UsageError, type Command } from './command.ts';
import { resolvePipeline } from './pipeline-path.ts';

/** Checks one pipeline and tells people what was found; null if there is none. */
async function check(path: string, quiet: boolean): Promise<readonly Diagnostic[] | null> {
  let result;
  try {
    result = await checkPipeline(resolvePipeline(path));
  } catch (error) {
    // Said even where the diagnostics go elsewhere: it is none of them.
    if (!(error instanceof MillraceError)) throw error;
    say(`millrace: ${describeError(error)}`);
    return null;
  }
  if (quiet) return result.diagnostics;
  for (const diagnostic of result.diagnostics) say(`${renderDiagnostic(diagnostic)}\n`);
  if (result.pipeline) {
    const stages = result.pipeline.stages.length;
    say(`${path}: fine, ${stages} ${stages === 1 ? 'stage' : 'stages'}`);
  }
  return result.diagnostics;
}

export const command: Command = {
  help: `millrace check: find every mistake in pipeline files

Usage: millrace check PIPELINE... [--json]

Checks the file, every edge between stages, and the models' own inputs and outputs. Starts no session; a user's own
operator is imported for its ports, in a thread of its own.

  --json    print { diagnostics } on standard output

Exit status: 0 no mistake; 1 mistakes; 2 a file that is not there.
`,
  options: { json: { type: 'boolean' } },
  async run({ positionals, values }) {
    if (positionals.length === 0) throw new UsageError('check takes at least one pipeline');
    const json = values['json'] === true;
    const diagnostics: Diagnostic[] = [];
    let missing = false;
    for (const path of positionals) {
      const found = await check(path, json);
      if (found) diagnostics.push(...found);
      else missing = true;
    }
    if (json) process.stdout.write(`${JSON.stringify({ diagnostics: diagnostics.map(diagnosticJson) })}\n`);
    if (missing) return 2;
    return hasErrors(diagnostics) ? 1 : 0;
  },
};
