import { isAbsolute, relative } from 'node:path';
import { MillraceError } from '../operators/index.ts';
import type { Diagnostic } from './diagnostic.ts';

/** Mistakes an error's message shows whole; the rest are counted. */
const shown = 10;

// oxlint-disable-next-line no-control-regex -- what a terminal would obey must not reach it from a file
const controls = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u2028\u2029]/g;

/** `file` relative to the working directory where it lies below it; text without a file is `<text>`. */
function displayPath(file: string): string {
  if (file === '') return '<text>';
  const path = relative(process.cwd(), file);
  return path === '' || path.startsWith('..') || isAbsolute(path) ? file : path;
}

/**
 * A diagnostic as people read it:
 *
 * ```
 * pipelines/ocr/pipeline.yaml:14:18  error  unknown-port
 *    14 |     inputs: { x: prepare.tensr }
 *       |                  ^^^^^^^^^^^^^ stage "prepare" has no output "tensr"; did you mean "tensor"?
 * ```
 */
export function renderDiagnostic(diagnostic: Diagnostic): string {
  const { code, severity, line, column, excerpt } = diagnostic;
  const number = String(line).padStart(5);
  // Tabs stay tabs, so that the carets stand under their token whatever a tab's width.
  const indent = excerpt.text.slice(0, excerpt.column - 1).replace(/[^\t]/g, ' ');
  return [
    `${displayPath(diagnostic.file)}:${line}:${column}  ${severity}  ${code}`,
    `${number} | ${excerpt.text.replace(controls, '\u{fffd}')}`,
    `${' '.repeat(number.length)} | ${indent}${'^'.repeat(excerpt.length)} ${sentence(diagnostic)}`,
  ].join('\n');
}

/** Diagnostics as people read them, an empty line between two. */
export function renderDiagnostics(diagnostics: readonly Diagnostic[]): string {
  return diagnostics.map(renderDiagnostic).join('\n\n');
}

/** A diagnostic as `check --json` prints it. */
export function diagnosticJson(diagnostic: Diagnostic): Record<string, string | number> {
  const { excerpt: _, file, ...rest } = diagnostic;
  return { ...rest, file: displayPath(file) };
}

/** A file with mistakes. Its message is the first of them, rendered. */
export class PipelineError extends MillraceError {
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[]) {
    const errors = diagnostics.filter(({ severity }) => severity === 'error');
    const more = errors.length > shown ? `\n\n… and ${errors.length - shown} more` : '';
    super('invalid-pipeline', renderDiagnostics(errors.slice(0, shown)) + more);
    this.name = 'PipelineError';
    this.diagnostics = diagnostics;
  }
}

function sentence({ message, suggestion }: Diagnostic): string {
  const whole = suggestion === undefined ? message : `${message}; did you mean "${suggestion}"?`;
  return whole.replace(controls, ' ');
}
