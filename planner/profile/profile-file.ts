import type { Quantile } from '../../operators/index.ts';
import {
  conform,
  hasErrors,
  pointer,
  readJson,
  type Diagnostic,
  type Pipeline,
  type SourceFile,
} from '../../pipelines/index.ts';
import { checkNames, checkSampleCounts } from './profile-check.ts';
import { ProfileSchema, profileRules, profileVersion } from './profile-schema.ts';
import { readQuantiles, readStage, type FileStage } from './profile-stage.ts';
import type { EngineCost, Profile, StageProfile } from './profile.ts';

type FileEngine = Partial<Omit<EngineCost, 'stalls'>> & {
  stalls?: { every: number; quantiles: Record<string, number> };
};

type FileProfile = Pick<Profile, 'pipeline' | 'hardware'> & {
  host?: Profile['host'];
  engine?: FileEngine;
  stages: Record<string, FileStage>;
};

/**
 * Reads a profile from the text of its file. Times that fall where they can only grow are smoothed, with a warning.
 * The mean of a scale with samples is that of the samples, since they are what is drawn.
 *
 * @param file as diagnostics show it
 * @param pipeline what it must be a profile of, if that is known
 * @param types the hardware types there are, by name, if they are known
 */
export function parseProfile(
  text: string,
  file = '',
  pipeline?: Pipeline,
  types?: Readonly<Record<string, unknown>>,
): { profile?: Profile; diagnostics: Diagnostic[] } {
  const source = readJson(text, file);
  const { readable } = conform(source, profileVersion, ProfileSchema, profileRules);
  if (!readable || hasErrors(source.diagnostics)) return { diagnostics: source.diagnostics };
  const { pipeline: name, hardware, host = {}, engine = {}, stages } = source.value as FileProfile;
  const read = Object.entries(stages).map(([name, stage]) => [name, readStage(source, name, stage)] as const);
  const profile: Profile = {
    pipeline: name,
    hardware,
    host,
    engine: readEngine(source, engine),
    stages: Object.fromEntries(read),
  };
  checkNames(profile, source, pipeline, types);
  checkSampleCounts(profile, source);
  return hasErrors(source.diagnostics)
    ? { diagnostics: source.diagnostics }
    : { profile, diagnostics: source.diagnostics };
}

function readEngine(source: SourceFile, engine: FileEngine): EngineCost {
  const { query = 0, hop = 0, wake = 0, item, stalls, collections } = engine;
  const read = stalls && {
    every: stalls.every,
    quantiles: readQuantiles(source, pointer('engine', 'stalls', 'quantiles'), stalls.quantiles),
  };
  return {
    query,
    hop,
    wake,
    ...(item !== undefined && { item }),
    ...(read && { stalls: read }),
    ...(collections && { collections }),
  };
}

/** A profile as the text of its file. What `parseProfile` makes of that is the profile again. */
export function writeProfile({ stages, engine, ...profile }: Profile): string {
  const written = Object.entries(stages).map(([name, stage]) => [name, fileStage(stage)] as const);
  const file = {
    millrace: profileVersion,
    ...profile,
    engine: fileEngine(engine),
    stages: Object.fromEntries(written),
  };
  // No text of JSON holds a bare line break, so each match is a list of numbers.
  const lists = /\[\n[\d\s.,eE+-]*\]/g;
  const onOneLine = (list: string): string => `[${list.slice(1, -1).trim().replace(/\s+/g, ' ')}]`;
  return `${JSON.stringify(file, null, 2).replace(lists, onOneLine)}\n`;
}

function byPercentage(quantiles: readonly Quantile[]): Record<string, number> {
  return Object.fromEntries(quantiles.map(({ percentage, time }) => [percentage, time]));
}

function fileEngine({ stalls, ...engine }: EngineCost): FileEngine {
  if (!stalls) return engine;
  return { ...engine, stalls: { every: stalls.every, quantiles: byPercentage(stalls.quantiles) } };
}

function fileStage({
  scale: { mean, samples },
  wake,
  interference,
  crowded,
  rested,
  threads,
  memory,
  batches,
}: StageProfile): FileStage {
  const times = batches.map(({ batch, mean, quantiles }) => {
    return [batch, { mean, ...(quantiles.length > 0 && { quantiles: byPercentage(quantiles) }) }] as const;
  });
  return {
    scale: { mean, ...(samples.length > 0 && { samples }) },
    ...(wake !== undefined && { wake }),
    ...(interference && { interference: byPercentage(interference) }),
    ...(crowded && { crowded: byPercentage(crowded) }),
    ...(rested && { rested: Object.fromEntries(rested.map(({ rest, ...more }) => [rest, more])) }),
    ...(threads !== undefined && { threads }),
    ...(memory !== undefined && { memory }),
    batches: Object.fromEntries(times),
  };
}
