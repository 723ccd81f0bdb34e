import type { PortType } from '../operators/index.ts';
import { joinTypes } from './port-type.ts';
import { formatReference } from './reference.ts';
import type { SourceFile, Span } from './source.ts';
import type { Pipeline, Reference, Sources, Stage } from './types.ts';

/** What is known of the types of a pipeline's ports while it is being bound. An unknown type is undefined. */
export class PortTypes {
  readonly #pipeline: Pipeline;
  readonly #stages: ReadonlyMap<string, Stage>;
  readonly #names = new Map<string, ReadonlyMap<string, string | null>>();
  readonly #types = new Map<string, PortType>();

  constructor(pipeline: Pipeline) {
    this.#pipeline = pipeline;
    this.#stages = new Map(pipeline.stages.map(stage => [stage.name, stage]));
  }

  stage(name: string): Stage | null {
    return this.#stages.get(name) ?? null;
  }

  /** Notes our names of a stage's outputs, each with the operator's. */
  declare(stage: string, names: ReadonlyMap<string, string | null> | null): void {
    if (names) this.#names.set(stage, names);
  }

  /** Our names of a stage's outputs; undefined if they are not known. */
  namesOf(stage: string): ReadonlyMap<string, string | null> | undefined {
    return this.#names.get(stage);
  }

  /** Notes the type of one run's output. */
  set(stage: string, port: string, type: PortType): void {
    this.#types.set(`${stage}.${port}`, type);
  }

  /** What one run of a stage gives at an output. */
  ofOneRun(reference: Reference & { kind: 'port' }): PortType | undefined {
    return this.#types.get(formatReference(reference));
  }

  /** What a stage gets from a reference: of a per-item stage, the list of all items. Null asks for the outputs. */
  of(reference: Reference, stage: Stage | null): PortType | undefined {
    if (reference.kind === 'input') {
      const { inputs } = this.#pipeline;
      return Object.hasOwn(inputs, reference.name) ? inputs[reference.name] : undefined;
    }
    if (reference.kind === 'item') return this.#ofItem(stage?.each?.[reference.name] ?? []);
    const type = this.ofOneRun(reference);
    if (!type || !this.#perItem(reference.stage)) return type;
    return type.list ? undefined : { ...type, list: true };
  }

  /** What may come from any of several references; undefined if one is not known. */
  ofSources(sources: Sources, stage: Stage | null): PortType | undefined {
    return joined(sources.map(reference => this.of(reference, stage)));
  }

  /** Reports a list for each item: lists of lists do not exist. Says whether there is one. */
  checkNesting(reference: Reference, stage: Stage | null, span: Span, source: SourceFile): boolean {
    if (reference.kind !== 'port' || !this.#perItem(reference.stage)) return false;
    if (!this.ofOneRun(reference)?.list) return false;
    const each = stage?.each ? 'each inside each is not possible' : 'a list of lists is not possible';
    const message = `stage "${reference.stage}" makes a list "${reference.port}" for each of its items; ${each}`;
    source.mistake('nested-each', span, message);
    return true;
  }

  #ofItem(sources: Sources): PortType | undefined {
    return joined(
      sources.map(reference => {
        if (reference.kind !== 'port') return undefined;
        const type = this.ofOneRun(reference);
        // A per-item stage's output is an item already; another's must be a list of them.
        if (!type || Boolean(type.list) === this.#perItem(reference.stage)) return undefined;
        const { list: _, ...item } = type;
        return item;
      }),
    );
  }

  #perItem(stage: string): boolean {
    return Boolean(this.stage(stage)?.each);
  }
}

function joined(types: readonly (PortType | undefined)[]): PortType | undefined {
  const known = types.filter(type => type !== undefined);
  return known.length === types.length ? joinTypes(known) : undefined;
}
