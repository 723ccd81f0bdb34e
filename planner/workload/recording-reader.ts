import { SourceFile, type Diagnostic, type DiagnosticCode } from '../../pipelines/index.ts';
import { readLine, type LineMistake } from './recorded-line.ts';
import { recordingVersion, type RecordedLine, type RecordedQuery, type Recording } from './recording.ts';

/** Mistakes that are shown, so that an error's message has room for all of them; further lines are counted. */
const shown = 10;

export interface RecordingOptions {
  /** Of which pipeline; not needed for a recording of one. */
  pipeline?: string | undefined;
  /** Whether inputs are kept; they may be large. */
  inputs?: boolean;
}

/** Reads a recording line by line, so that a large one need not be in memory as text. */
export class RecordingReader {
  readonly #file: string;
  readonly #options: RecordingOptions;
  readonly #stages = new Map<string, readonly string[]>();
  readonly #queries = new Map<string, RecordedQuery[]>();
  readonly #diagnostics: Diagnostic[] = [];
  #line = 0;
  #wrong = 0;
  /** Of the header that counts, and when the latest query arrived of all so far; milliseconds. */
  #start = 0;
  #latest = 0;
  #dropped = 0;
  #torn = false;

  /** @param file as diagnostics show it */
  constructor(file: string, options: RecordingOptions = {}) {
    this.#file = file;
    this.#options = options;
  }

  /** Whether reading on makes no sense. */
  get isOver(): boolean {
    return this.#wrong > 0 && this.#stages.size === 0;
  }

  /** Takes the next line. @param text without its line break @param isWhole false of a last line that has none */
  take(text: string, isWhole = true): void {
    if (this.isOver) return;
    this.#line++;
    const line = this.#line === 1 ? text.replace(/^\u{feff}/u, '') : text;
    const read = readLine(line);
    if (read.kind === 'header') {
      for (const [name, { stages }] of Object.entries(read.header.pipelines)) this.#stages.set(name, stages);
      this.#start = this.#latest;
    } else if (this.#line === 1) this.#mistake(line, notOne(read.kind === 'wrong' ? read.mistake : null));
    else if (read.kind === 'query') this.#add(read.query);
    else if (read.kind === 'dropped') this.#dropped += read.dropped;
    else if (read.kind === 'wrong') {
      if (!isWhole && read.mistake.code === 'json-syntax') this.#torn = true;
      else if (line.trim() !== '') this.#mistake(line, read.mistake);
    }
  }

  /** What was read. */
  end(): { recording?: Recording; diagnostics: Diagnostic[] } {
    if (this.#line === 0) this.#refuse('missing-arrivals', 'the recording is empty');
    const recording = this.#wrong === 0 ? this.#chosen() : undefined;
    if (recording) return { recording, diagnostics: [] };
    if (this.#wrong > shown) {
      const last = this.#diagnostics.at(-1)!;
      this.#diagnostics[shown - 1] = {
        ...last,
        message: `${last.message}; ${this.#wrong - shown} more lines are wrong`,
      };
    }
    return { diagnostics: this.#diagnostics };
  }

  #add({ pipeline, arrival: seconds, ...line }: RecordedLine): void {
    const { pipeline: wanted, inputs: keepsInputs } = this.#options;
    const arrival = this.#start + seconds * 1000;
    this.#latest = Math.max(this.#latest, arrival);
    if (!this.#stages.has(pipeline)) this.#stages.set(pipeline, []);
    if (wanted !== undefined && pipeline !== wanted) return;
    const { outcome, latency, timeout, priority, work, inputs } = line;
    const query: RecordedQuery = {
      arrival,
      outcome,
      latency,
      ...(timeout !== undefined && { timeout }),
      ...(priority !== undefined && { priority }),
      work,
      ...(keepsInputs && inputs && { inputs }),
    };
    const queries = this.#queries.get(pipeline);
    if (queries) queries.push(query);
    else this.#queries.set(pipeline, [query]);
  }

  /** The part that was asked for; undefined, and a mistake, if it is not there. */
  #chosen(): Recording | undefined {
    const names = [...this.#stages.keys()];
    const listed = names.map(name => `"${name}"`).join(', ');
    const { pipeline = names.length === 1 ? names[0] : undefined } = this.#options;
    if (pipeline === undefined)
      return this.#refuse('wrong-pipeline', `this is a recording of several pipelines, ${listed}: say which`);
    const stages = this.#stages.get(pipeline);
    if (!stages)
      return this.#refuse('wrong-pipeline', `this is a recording of ${listed}, not of "${pipeline}"`);
    const queries = this.#queries.get(pipeline) ?? [];
    queries.sort((a, b) => a.arrival - b.arrival);
    if (queries.length < 2 || queries[0]!.arrival === queries.at(-1)!.arrival) {
      const found = ['no query', 'one query'][queries.length] ?? 'all its queries at one instant';
      const message = `the recording has ${found} of "${pipeline}"; it takes two at different times to have a rate`;
      return this.#refuse('missing-arrivals', message);
    }
    return { pipeline, stages, queries, dropped: this.#dropped, torn: this.#torn };
  }

  /** The recording as a whole is of no use. */
  #refuse(code: DiagnosticCode, message: string): undefined {
    this.#mistake('', { code, message }, 1);
  }

  #mistake(text: string, { code, message, key }: LineMistake, line = this.#line): void {
    this.#wrong++;
    if (this.#diagnostics.length === shown) return;
    const start = key === undefined ? 0 : Math.max(0, text.indexOf(`"${key}"`));
    const source = new SourceFile(this.#file, text);
    source.mistake(code, { start, end: key === undefined ? text.length : start + key.length + 2 }, message);
    this.#diagnostics.push({ ...source.diagnostics[0]!, line });
  }
}

/** The first line is no header. */
function notOne(mistake: LineMistake | null): LineMistake {
  if (mistake && mistake.code !== 'json-syntax' && mistake.code !== 'not-a-mapping') return mistake;
  return {
    code: 'bad-version',
    message: `this is no recording; one starts with {"millrace":"${recordingVersion}"`,
  };
}
