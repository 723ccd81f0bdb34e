/**
 * The file of API keys:
 *
 * ```yaml
 * millrace: keys/1
 * keys:
 *   - { name: shop, sha256: 9f86…, pipelines: [ocr], rate: 100 }
 *   - { name: operations, sha256: 2c26…, manage: true }
 * ```
 *
 * It holds hashes alone, so that who reads it can't use a key. A plain SHA-256 is enough: a key is 256 random bits,
 * which nobody guesses however fast the hash; slow hashes are for passwords, and would cost every request.
 */
import {
  conform,
  hasErrors,
  nearest,
  object,
  PipelineError,
  pointer,
  readTextFile,
  readYaml,
  type Diagnostic,
  type Rule,
  type SourceFile,
} from '../../../pipelines/index.ts';

export interface Key {
  /** What logs, metrics and limits call the client. */
  name: string;
  /** 64 hexadecimal digits. */
  sha256: string;
  /** Pipelines it may use; absent: all. */
  pipelines?: readonly string[];
  /** Queries per second; absent: any number. */
  rate?: number;
  /** Queries at once after a pause; absent: a second's worth. */
  burst?: number;
  /** Whether it may load and unload, and see how things run. */
  manage?: boolean;
}

const version = 'keys/1';

/** Names of keys and of pipelines. */
const name = { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$' };

const KeySchema = object(
  { name, sha256: { type: 'string', pattern: '^[0-9a-fA-F]{64}$' } },
  {
    pipelines: { type: 'array', items: name },
    rate: { type: 'number', exclusiveMinimum: 0, maximum: 1e9 },
    burst: { type: 'integer', minimum: 1, maximum: 1e9 },
    manage: { type: 'boolean' },
  },
);

const KeysSchema = object({
  millrace: { const: version },
  keys: { type: 'array', items: KeySchema },
});

const rules: readonly Rule[] = [
  { at: /^\/millrace$/, code: 'bad-version' },
  {
    at: /^\/keys\/\d+\/sha256$/,
    code: 'bad-hash',
    expected: 'the SHA-256 of a key in 64 hexadecimal digits, as `millrace new key` gives it',
  },
  {
    at: /^\/keys\/\d+\/(name|pipelines\/\d+)$/,
    keyword: /^pattern$/,
    code: 'bad-name',
    expected: 'letters, digits, ".", "_" and "-", beginning with a letter or digit',
  },
];

/** Reads keys from text. @param served names of the pipelines that the keys are for; absent: unknown */
export function parseKeys(
  text: string,
  file = '',
  served?: readonly string[],
): { keys?: readonly Key[]; diagnostics: Diagnostic[] } {
  const source = readYaml(text, file);
  const { readable } = conform(source, version, KeysSchema, rules);
  if (!readable || hasErrors(source.diagnostics)) return { diagnostics: source.diagnostics };
  const { keys } = source.value as { keys: readonly Key[] };
  checkRepeats(keys, source);
  checkRates(keys, source);
  if (served) checkPipelines(keys, served, source);
  const { diagnostics } = source;
  return hasErrors(diagnostics) ? { diagnostics } : { keys, diagnostics };
}

/**
 * Loads the file of keys.
 * @param served as of `parseKeys`
 * @returns the keys, and what is odd about them
 * @throws PipelineError if the file has mistakes; MillraceError `not-found` if there is none
 */
export async function loadKeys(
  path: string,
  served?: readonly string[],
): Promise<{ keys: readonly Key[]; warnings: readonly Diagnostic[] }> {
  const { text, file } = await readTextFile(path, 'keys file');
  const { keys, diagnostics } = parseKeys(text, file, served);
  if (!keys) throw new PipelineError(diagnostics);
  return { keys, warnings: diagnostics };
}

function checkRepeats(keys: readonly Key[], source: SourceFile): void {
  const seen = new Set<string>();
  for (const [index, { name, sha256 }] of keys.entries()) {
    for (const [part, value, problem] of [
      ['name', name, `another key is named "${name}"`],
      ['sha256', sha256.toLowerCase(), 'another key has this hash'],
    ] as const) {
      const at = source.spanOf(pointer('keys', index, part));
      if (seen.has(`${part} ${value}`)) source.mistake('repeated-key', at, problem);
      seen.add(`${part} ${value}`);
    }
  }
}

function checkRates(keys: readonly Key[], source: SourceFile): void {
  for (const [index, { rate }] of keys.entries()) {
    // YAML has `.nan`, which is within any limits.
    if (!Number.isNaN(rate)) continue;
    source.mistake('bad-type', source.spanOf(pointer('keys', index, 'rate')), '"rate" must be a number');
  }
}

function checkPipelines(keys: readonly Key[], served: readonly string[], source: SourceFile): void {
  for (const [index, { pipelines = [] }] of keys.entries()) {
    for (const [place, pipeline] of pipelines.entries()) {
      if (served.includes(pipeline)) continue;
      const at = source.spanOf(pointer('keys', index, 'pipelines', place));
      const message = `no pipeline "${pipeline}" is served`;
      source.mistake('unknown-pipeline', at, message, nearest(pipeline, served));
    }
  }
}
