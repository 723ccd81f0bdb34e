import { dirname } from 'node:path';
import { parseDuration, type PortType } from '../operators/index.ts';
import { parseCondition } from './condition.ts';
import { conform, isRecord, type Conformity, type Rule } from './conformity.ts';
import { stageName } from './names.ts';
import { parseReference } from './reference.ts';
import { PipelineSchema, pipelineVersion } from './schema.ts';
import { pointer, type SourceFile } from './source.ts';
import type { Condition, Objective, Pipeline, Sources, Stage } from './types.ts';

/** A pipeline as far as its file could be read: mistakes leave gaps, so that what is sound can still be checked. */
export interface Draft {
  source: SourceFile;
  /** Stages in the file's order. */
  pipeline: Pipeline;
  /** Names that references may use, of gaps too. */
  stageNames: ReadonlySet<string>;
  inputNames: ReadonlySet<string>;
  /** Whether what stands at a JSON Pointer of the file could be read. */
  usable: Conformity['usable'];
}

const expectedReference = 'inputs.NAME, STAGE.PORT or item';

const rules: readonly Rule[] = [
  { at: /^\/millrace$/, code: 'bad-version' },
  { at: /^\/name$/, code: 'bad-name', keyword: /pattern/, expected: 'letters, digits, ".", "_" and "-"' },
  { at: /^\/slo$/, code: 'bad-slo', keyword: /name/, expected: 'a percentile, such as p50, p99 or p99.9' },
  { at: /^\/slo\//, code: 'bad-slo', expected: 'a duration, such as 150 ms' },
  { at: /^\/slo$/, code: 'bad-slo' },
  { at: /^\/inputs\/[^/]+\/datatype$/, code: 'bad-datatype' },
  {
    at: /^\/inputs\/[^/]+\/shape$/,
    code: 'bad-shape',
    expected: 'a list of sizes, such as [1] or [3, -1, -1]',
  },
  { at: /^\/inputs\/[^/]+\/shape\//, code: 'bad-shape', expected: 'a size, a name, or -1 for any' },
  { at: /^\/stages$/, code: 'no-stages', expected: 'a mapping of stages' },
  { at: /^\/outputs$/, code: 'no-outputs', expected: 'a mapping of outputs' },
  { at: /^\/outputs\//, code: 'bad-reference', expected: expectedReference },
  { at: /^\/stages\/[^/]+\/inputs\//, code: 'bad-reference', expected: expectedReference },
  { at: /^\/stages\/[^/]+\/each/, code: 'bad-reference', keyword: /pattern/, expected: 'STAGE.PORT' },
  { at: /^\/stages\/[^/]+\/each/, code: 'bad-each', keyword: /^(?!name)/, expected: 'STAGE.PORT' },
  { at: /^\/stages\/[^/]+\/timeout$/, code: 'bad-duration', expected: 'a duration, such as 2 s' },
];

const defaultTimeout = 30_000;
const wellNamed = new RegExp(stageName);

/** Reads a pipeline as far as it can be read; undefined if its file is none. Mistakes go to `source`. */
export function readStructure(source: SourceFile, directory = dirname(source.file)): Draft | undefined {
  const { readable, usable } = conform(source, pipelineVersion, PipelineSchema, rules);
  const root = source.value;
  if (!readable || !isRecord(root)) return undefined;
  const reader = new StructureReader(source, usable);
  const stages = entries(root['stages']);
  const pipeline: Pipeline = {
    name: text(root['name']),
    description: text(root['description']),
    slo: reader.slo('/slo'),
    inputs: reader.inputs(root['inputs']),
    stages: stages.flatMap(([name, value]) =>
      isRecord(value) && wellNamed.test(name) ? [reader.stage(name, value)] : [],
    ),
    outputs: reader.sourcesByName('/outputs'),
    file: source.file,
    directory,
  };
  return {
    source,
    pipeline,
    stageNames: new Set(stages.map(([name]) => name)),
    inputNames: new Set(entries(root['inputs']).map(([name]) => name)),
    usable,
  };
}

class StructureReader {
  readonly #source: SourceFile;
  readonly #usable: Conformity['usable'];

  constructor(source: SourceFile, usable: Conformity['usable']) {
    this.#source = source;
    this.#usable = usable;
  }

  inputs(value: unknown): Record<string, PortType> {
    const sound = entries(value).filter(([name]) => this.#usable(pointer('inputs', name)));
    return Object.fromEntries(sound) as Record<string, PortType>;
  }

  /** The objectives at a pointer, sorted by percentile. */
  slo(at: string): Objective[] {
    return readSlo(this.#source, at, this.#usable);
  }

  stage(name: string, value: Readonly<Record<string, unknown>>): Stage {
    const at = pointer('stages', name);
    const isolation = value['isolation'] === 'process' ? 'process' : 'thread';
    return {
      name,
      operator: text(value['operator']),
      params: isRecord(value['params']) ? value['params'] : {},
      inputs: this.sourcesByName(`${at}/inputs`),
      outputs: this.#texts(`${at}/outputs`),
      each: this.#each(`${at}/each`),
      when: this.#when(`${at}/when`),
      state: this.#texts(`${at}/state`),
      timeout: this.#duration(`${at}/timeout`) ?? defaultTimeout,
      isolation,
      pure: value['pure'] !== false,
    };
  }

  sourcesByName(at: string): Record<string, Sources> {
    const names = entries(this.#source.valueAt(at)).map(([name]) => name);
    return Object.fromEntries(
      names.flatMap(name => {
        const sources = this.#sources(at + pointer(name));
        return sources.length > 0 ? [[name, sources]] : [];
      }),
    );
  }

  #sources(at: string): Sources {
    const value = this.#source.valueAt(at);
    if (!this.#usable(at)) return [];
    return [value].flat().filter(isText).map(parseReference);
  }

  #each(at: string): Record<string, Sources> | null {
    const value = this.#source.valueAt(at);
    if (value === undefined || value === null) return null;
    return isRecord(value) ? this.sourcesByName(at) : { item: this.#sources(at) };
  }

  #when(at: string): Condition | null {
    const expression = this.#source.valueAt(at);
    if (!isText(expression) || !this.#usable(at)) return null;
    const parsed = parseCondition(expression);
    if ('condition' in parsed) return parsed.condition;
    this.#source.mistake('bad-expression', this.#source.within(at, expression, parsed.span), parsed.message);
    return null;
  }

  #duration(at: string): number | null {
    const duration = this.#usable(at) ? parseDuration(this.#source.valueAt(at)) : null;
    if (duration === 0)
      this.#source.mistake('bad-duration', this.#source.spanOf(at), 'a time limit must be longer than 0');
    return duration;
  }

  #texts(at: string): Record<string, string> {
    const sound = entries(this.#source.valueAt(at)).filter(([, value]) => isText(value));
    return Object.fromEntries(sound) as Record<string, string>;
  }
}

/** The latency objective that stands at a pointer, sorted by percentile. Limits of 0 are a mistake. */
export function readSlo(source: SourceFile, at: string, usable: Conformity['usable']): Objective[] {
  const objectives = entries(source.valueAt(at)).flatMap(([name, value]) => {
    const limit = usable(at + pointer(name)) ? parseDuration(value) : null;
    if (limit === 0)
      source.mistake('bad-slo', source.spanOf(at + pointer(name)), 'a limit must be longer than 0');
    return limit === null ? [] : [{ percentile: Number(name.slice(1)), limit }];
  });
  return objectives.toSorted((a, b) => a.percentile - b.percentile);
}

/** Entries of a mapping; none of anything else. */
function entries(value: unknown): [string, unknown][] {
  return isRecord(value) ? Object.entries(value) : [];
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function text(value: unknown): string {
  return isText(value) ? value : '';
}
