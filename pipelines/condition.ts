import { Environment, ParseError, type ASTNode } from '@marcbachmann/cel-js';
import type { Value } from '../operators/index.ts';
import { celValue } from './cel-value.ts';
import { formatReference, parseReference } from './reference.ts';
import type { Span } from './source.ts';
import type { Condition, Reference } from './types.ts';

/** A name in an expression, and where. */
export interface Mention {
  /** Null for a stage, or `inputs`, without one of its values. */
  reference: Reference | null;
  text: string;
  span: Span;
}

/** Untyped: what a value is, it brings with it. */
const environment = new Environment({ unlistedVariablesAreDyn: true });

const macros = new Set(['all', 'exists', 'exists_one', 'filter', 'map']);

/** Parses a CEL expression, or says where and why it is none. */
export function parseCondition(
  expression: string,
): { condition: Condition } | { span: Span; message: string } {
  try {
    const references = new Map<string, Reference>();
    for (const { reference } of mentionsIn(expression)) {
      if (reference) references.set(formatReference(reference), reference);
    }
    return { condition: { expression, references: [...references.values()] } };
  } catch (error) {
    const whole = { start: 0, end: expression.length };
    if (!(error instanceof ParseError)) return { span: whole, message: 'the expression nests too deeply' };
    return { span: error.range ?? whole, message: error.summary };
  }
}

/** Every mention of a value in an expression, without the variables that macros bind. @throws ParseError */
export function mentionsIn(expression: string): Mention[] {
  const mentions: Mention[] = [];
  collect(environment.parse(expression).ast, new Set(), mentions);
  return mentions;
}

function collect(node: ASTNode, bound: ReadonlySet<string>, found: Mention[]): void {
  if (node.op === 'id' || node.op === '.') {
    const path = selection(node);
    if (path) {
      if (!bound.has(path[0]!) && !environment.hasVariable(path[0]!)) found.push(mention(path, node));
      return;
    }
  }
  if (node.op === 'rcall') {
    const [name, receiver, args] = node.args;
    const variable = args[0];
    if (macros.has(name) && args.length > 1 && variable?.op === 'id') {
      const inner = new Set([...bound, variable.args]);
      collect(receiver, bound, found);
      for (const part of args.slice(1)) collect(part, inner, found);
      return;
    }
    const [, value, body] = args;
    if (
      name === 'bind' &&
      receiver.op === 'id' &&
      receiver.args === 'cel' &&
      variable?.op === 'id' &&
      value &&
      body
    ) {
      collect(value, bound, found);
      collect(body, new Set([...bound, variable.args]), found);
      return;
    }
  }
  for (const child of childrenOf(node.args)) collect(child, bound, found);
}

/** `a.b.c` as its names, or null if the node is something else. */
function selection(node: ASTNode): string[] | null {
  if (node.op === 'id') return [node.args];
  if (node.op !== '.') return null;
  const path = selection(node.args[0]);
  return path && [...path, node.args[1]];
}

function mention(path: readonly string[], { start, end }: ASTNode): Mention {
  const text = path.join('.');
  const reference = path.length > 1 || text === 'item' ? parseReference(text) : null;
  return { reference, text, span: { start, end } };
}

function childrenOf(args: unknown): ASTNode[] {
  if (Array.isArray(args)) return args.flatMap(childrenOf);
  return typeof args === 'object' && args !== null && 'op' in args ? [args as ASTNode] : [];
}

/**
 * The condition as a function of the values of its references, in their order. A value that is absent is a field
 * that `has()` denies. The function throws an Error where the expression fails or its value is no boolean.
 */
export function compileCondition(condition: Condition): (values: readonly (Value | undefined)[]) => boolean {
  const evaluate = environment.parse(condition.expression);
  const paths = condition.references.map(reference => formatReference(reference).split('.'));
  return values => {
    const context = {};
    for (const [index, path] of paths.entries()) put(context, path, values[index]);
    let result: unknown;
    try {
      result = evaluate(context);
    } catch (error) {
      const reason = error instanceof Error && 'summary' in error ? error.summary : error;
      throw new Error(`the condition ${condition.expression} failed: ${String(reason)}`, { cause: error });
    }
    if (typeof result === 'boolean') return result;
    throw new Error(`the condition ${condition.expression} gave ${typeof result}, not true or false`);
  };
}

function put(context: Record<string, unknown>, path: readonly string[], value: Value | undefined): void {
  let object = context;
  for (const name of path.slice(0, -1)) object = (object[name] ??= {}) as Record<string, unknown>;
  if (value !== undefined) object[path.at(-1)!] = celValue(value);
}
