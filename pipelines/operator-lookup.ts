import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { builtinOperators, type JsonSchema, type Operator, type Ports } from '../operators/index.ts';
import { isRecord } from './conformity.ts';
import { isDiagnosticCode, type DiagnosticCode } from './diagnostic.ts';
import { readPorts } from './ports-schema.ts';
import { nearest } from './suggest.ts';
import type { BoundStage } from './types.ts';
import { UserOperatorThread, type Declaration } from './user-operator.ts';

/** Built-in operators by name, loaded when asked for. */
export type Catalogue = Readonly<Record<string, () => Promise<Operator>>>;

/** An operator, as far as binding needs it. */
export interface FoundOperator {
  code: BoundStage['code'];
  params: JsonSchema;
  cost: 'light' | 'heavy';
  /** Ports for valid parameters. @throws OperatorMistake */
  ports(params: Readonly<Record<string, unknown>>): Promise<Ports>;
}

/** Why an operator can't be used. */
export class OperatorMistake extends Error {
  readonly code: DiagnosticCode;
  readonly suggestion: string | undefined;

  constructor(code: DiagnosticCode, message: string, suggestion?: string) {
    super(message);
    this.code = code;
    this.suggestion = suggestion;
  }
}

const noParameters: JsonSchema = { type: 'object', additionalProperties: false };
const userOperator = /^(?:\.{1,2}[\\/]|[\\/]|[A-Za-z]:[\\/])/;

/** Finds operators for one pipeline, each once. Close it to end the threads of user's modules. */
export class OperatorLookup {
  readonly #directory: string;
  readonly #catalogue: Catalogue;
  readonly #found = new Map<string, Promise<FoundOperator>>();
  readonly #threads: UserOperatorThread[] = [];

  constructor(directory: string, catalogue: Catalogue = builtinOperators) {
    this.#directory = directory;
    this.#catalogue = catalogue;
  }

  /** @throws OperatorMistake */
  find(name: string): Promise<FoundOperator> {
    const known = this.#found.get(name);
    if (known) return known;
    const found = userOperator.test(name) ? this.#user(name) : this.#builtin(name);
    this.#found.set(name, found);
    return found;
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map(thread => thread.close()));
  }

  async #builtin(name: string): Promise<FoundOperator> {
    const load = Object.hasOwn(this.#catalogue, name) ? this.#catalogue[name] : undefined;
    if (!load) {
      const file = /\.[cm]?js(?:#|$)/.test(name);
      const suggestion = file ? `./${name}` : nearest(name, Object.keys(this.#catalogue));
      throw new OperatorMistake('unknown-operator', `there is no built-in operator "${name}"`, suggestion);
    }
    const operator = await attempt(name, load);
    const { ports } = operator;
    return {
      code: { builtin: name },
      params: operator.params ?? noParameters,
      cost: operator.cost ?? 'heavy',
      // The contract has parameters of any type as `never`; they are validated before they get here.
      ports: params =>
        attempt(name, async () => (typeof ports === 'function' ? ports(params as never) : ports)),
    };
  }

  async #user(reference: string): Promise<FoundOperator> {
    const hash = reference.lastIndexOf('#');
    const path = resolve(this.#directory, hash < 0 ? reference : reference.slice(0, hash));
    const name = hash < 0 ? 'operator' : reference.slice(hash + 1);
    if (!existsSync(path)) {
      const suggestion = neighbour(path);
      throw new OperatorMistake('operator-failed', `there is no file ${path}`, suggestion);
    }
    const module = pathToFileURL(path).href;
    const { thread, declaration } = await attempt(reference, () => UserOperatorThread.open(module, name));
    this.#threads.push(thread);
    const operator = declared(declaration, name, basename(path));
    return {
      code: { module, name },
      params: isRecord(operator.params) ? (operator.params as JsonSchema) : noParameters,
      cost: operator.cost === 'light' ? 'light' : 'heavy',
      ports: params =>
        attempt(reference, async () =>
          readPorts(operator.ports === undefined ? await thread.ports(params) : operator.ports),
        ),
    };
  }
}

function declared(
  declaration: Declaration,
  name: string,
  file: string,
): NonNullable<Declaration['operator']> {
  const { operator, exports } = declaration;
  if (!operator) {
    const suggestion = nearest(name, exports);
    const names = exports.length > 0 ? `it exports ${exports.slice(0, 10).join(', ')}` : 'it exports nothing';
    throw new OperatorMistake('operator-failed', `${file} has no export "${name}"; ${names}`, suggestion);
  }
  if (operator.object && operator.create) return operator;
  const lacks = operator.object ? 'has no function "create"' : 'is no object with ports and create';
  throw new OperatorMistake('operator-failed', `the export "${name}" of ${file} ${lacks}`);
}

/** Runs an operator's own code: what it throws is a mistake with the first line of the message. */
async function attempt<T>(operator: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const diagnostic =
      typeof error === 'object' && error !== null && 'diagnostic' in error ? error.diagnostic : null;
    const message = (error instanceof Error ? error.message : String(error)).split('\n', 1)[0]!.trim();
    const code = isDiagnosticCode(diagnostic) ? diagnostic : 'operator-failed';
    throw new OperatorMistake(code, `${operator}: ${message || 'failed without a message'}`);
  }
}

/** A file of the same folder with nearly the same name. */
function neighbour(path: string): string | undefined {
  const folder = dirname(path);
  const near = existsSync(folder) ? nearest(basename(path), readdirSync(folder)) : undefined;
  return near === undefined ? undefined : `./${near}`;
}
