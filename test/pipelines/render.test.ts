import * as fc from 'fast-check';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  checkText,
  diagnosticJson,
  parsePipeline,
  PipelineError,
  renderDiagnostics,
} from '../../pipelines/index.ts';
import { operators, pipelineOf } from '../support/pipelines.ts';

const file = join(process.cwd(), 'pipelines', 'test', 'pipeline.yaml');

describe('a rendered diagnostic', () => {
  test('shows the place, the line, carets under the token, and what was meant', async () => {
    const text = pipelineOf(
      'a: { operator: shout, inputs: { text: b.txt } }\nb: { operator: shout, inputs: { text: inputs.text } }',
    );
    const { diagnostics } = await checkText(text, { file, operators });
    expect(renderDiagnostics(diagnostics)).toBe(
      [
        'pipelines/test/pipeline.yaml:5:41  error  unknown-port',
        '    5 |   a: { operator: shout, inputs: { text: b.txt } }',
        '      |                                         ^^^^^ stage "b" has no output "txt"; did you mean "text"?',
      ].join('\n'),
    );
    expect(diagnosticJson(diagnostics[0]!)).toEqual({
      code: 'unknown-port',
      severity: 'error',
      file: 'pipelines/test/pipeline.yaml',
      line: 5,
      column: 41,
      message: 'stage "b" has no output "txt"',
      suggestion: 'text',
    });
  });

  test('keeps tabs, so that carets stand under their token, and no other control character', () => {
    const { diagnostics } = parsePipeline('millrace: pipeline/1\nname:\t\u001b[31m\n', {
      file: '/elsewhere/p.yaml',
    });
    expect(renderDiagnostics(diagnostics.slice(-1))).toBe(
      [
        '/elsewhere/p.yaml:2:7  error  bad-name',
        '    2 | name:\t\ufffd[31m',
        '      |      \t^^^^^ "name" must be letters, digits, ".", "_" and "-", not "\\u001b[31m"',
      ].join('\n'),
    );
  });

  test('a file with many mistakes shows the first and counts the rest', () => {
    const stages = Array.from({ length: 12 }, (_, index) => `a${index}: { operator: shout, colour: red }`);
    const { diagnostics } = parsePipeline(pipelineOf(stages.join('\n'), 'a0.text'));
    const error = new PipelineError(diagnostics);
    expect(error.code).toBe('invalid-pipeline');
    expect(error.message.match(/ {2}error {2}/g)).toHaveLength(10);
    expect(error.message).toMatch(/… and \d+ more$/);
  });

  test('never fails, and its carets lie within the line', () => {
    const noise = fc.array(
      fc.constantFrom('a', ': ', '\n', '  ', '\t', '- ', '[', '{', '"', 'é', '𝄞', '\r\n', '#', '*a', '&a '),
    );
    fc.assert(
      fc.property(noise, fc.nat(), (pieces, at) => {
        const valid = pipelineOf('a: { operator: shout, inputs: { text: inputs.text } }');
        const place = at % valid.length;
        const { diagnostics } = parsePipeline(valid.slice(0, place) + pieces.join('') + valid.slice(place));
        expect(() => renderDiagnostics(diagnostics)).not.toThrow();
        for (const { excerpt, line, column } of diagnostics) {
          expect(Math.min(line, column, excerpt.column, excerpt.length)).toBeGreaterThanOrEqual(1);
          expect(excerpt.column + excerpt.length - 1).toBeLessThanOrEqual(
            Math.max(excerpt.text.length, excerpt.column),
          );
          expect(excerpt.column).toBeLessThanOrEqual(excerpt.text.length + 1);
        }
      }),
      { numRuns: 100 },
    );
  });
});
