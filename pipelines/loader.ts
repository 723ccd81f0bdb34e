import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { MillraceError } from '../operators/index.ts';
import { bind } from './bind.ts';
import { checkConditions } from './condition-check.ts';
import { hasErrors, type Diagnostic } from './diagnostic.ts';
import { checkGraph } from './graph-check.ts';
import type { Catalogue } from './operator-lookup.ts';
import { PipelineError } from './render.ts';
import { resolve } from './resolve.ts';
import { readStructure } from './structure.ts';
import type { BoundPipeline, Pipeline } from './types.ts';
import { readTextFile } from './text-file.ts';
import { readYaml } from './yaml.ts';

/** What a pipeline's file is called where only its folder is named. */
const pipelineFile = 'pipeline.yaml';

export interface TextOptions {
  /** Absolute path that diagnostics show; empty for text without a file. */
  file?: string;
  /** Absolute path of the folder that files are beside; the file's own unless given. */
  directory?: string;
}

export interface CheckOptions {
  /** The built-in operators; Millrace's own unless given. */
  operators?: Catalogue;
}

/** A pipeline, if it has no mistakes, and what is to be said of it. */
export interface Checked<P> {
  pipeline?: P;
  /** In the order of the text. Warnings leave the pipeline usable. */
  diagnostics: readonly Diagnostic[];
}

/** Reads a pipeline's structure from text. No operator is looked up and no file opened. */
export function parsePipeline(text: string, options: TextOptions = {}): Checked<Pipeline> {
  const { source, pipeline } = readGraph(text, options);
  if (pipeline) checkConditions(source, pipeline, () => undefined);
  return checked(source.diagnostics, pipeline);
}

/** Checks a pipeline's text wholly: its operators are looked up, and its edges checked. */
export async function checkText(
  text: string,
  options: TextOptions & CheckOptions = {},
): Promise<Checked<BoundPipeline>> {
  const { source, draft, pipeline, resolution } = readGraph(text, options);
  const bound = draft && (await bind(draft, pipeline, resolution, options.operators));
  return checked(source.diagnostics, bound);
}

/**
 * Loads a pipeline's structure from a file, or from a folder's `pipeline.yaml`. Opens no model and runs no code.
 *
 * @throws PipelineError if it has mistakes; MillraceError `not-found` if there is no such file.
 */
export async function loadStructure(path: string): Promise<Pipeline> {
  const { text, file } = await readPipelineFile(path);
  return sound(parsePipeline(text, { file }));
}

/**
 * All that is wrong with a pipeline, structure and edges; a file or a folder.
 *
 * @throws MillraceError `not-found` if there is no such file.
 */
export async function checkPipeline(
  path: string,
  options: CheckOptions = {},
): Promise<Checked<BoundPipeline>> {
  const { text, file } = await readPipelineFile(path);
  return checkText(text, { file, ...options });
}

/**
 * Loads a pipeline that can run, from a file or a folder.
 *
 * @throws PipelineError if it has mistakes; MillraceError `not-found` if there is no such file.
 */
export async function loadPipeline(path: string, options: CheckOptions = {}): Promise<BoundPipeline> {
  return sound(await checkPipeline(path, options));
}

async function readPipelineFile(path: string): Promise<{ text: string; file: string }> {
  const found = await stat(path).catch(() => null);
  if (!found?.isDirectory()) return readTextFile(path, 'pipeline');
  const file = join(path, pipelineFile);
  if (await stat(file).catch(() => null)) return readTextFile(file, 'pipeline');
  throw new MillraceError('not-found', `folder ${path} holds no ${pipelineFile}`);
}

function readGraph(text: string, { file = '', directory }: TextOptions) {
  const source = readYaml(text, file);
  const draft = readStructure(source, directory ?? (file === '' ? process.cwd() : dirname(file)));
  if (!draft) return { source };
  const resolution = resolve(draft);
  const pipeline: Pipeline = { ...draft.pipeline, stages: checkGraph(draft, resolution) };
  return { source, draft, resolution, pipeline };
}

function checked<P>(diagnostics: readonly Diagnostic[], pipeline: P | undefined): Checked<P> {
  return pipeline && !hasErrors(diagnostics) ? { pipeline, diagnostics } : { diagnostics };
}

function sound<P>({ pipeline, diagnostics }: Checked<P>): P {
  if (!pipeline) throw new PipelineError(diagnostics);
  return pipeline;
}
