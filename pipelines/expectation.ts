import type { Complaint } from './complaints.ts';

type Node = Complaint['schema'];

/** The values that a schema lists. */
export function choicesOf(schema: Node): unknown[] {
  if (Array.isArray(schema['enum'])) return schema['enum'];
  if (Object.hasOwn(schema, 'const')) return [schema['const']];
  const branches = (schema['anyOf'] ?? schema['oneOf'] ?? []) as Node[];
  return branches.every(branch => Object.hasOwn(branch, 'const'))
    ? branches.map(branch => branch['const'])
    : [];
}

/** What a schema wants of a value; completes "must be …". */
export function expectation({ keyword, schema, message }: Complaint): string {
  const choices = choicesOf(schema);
  if (choices.length > 0) return oneOf(choices);
  if (keyword === 'anyOf' || keyword === 'oneOf') {
    const branches = (schema[keyword] ?? []) as Node[];
    const wanted = branches.flatMap(branch => {
      const choices = choicesOf(branch);
      if (choices.length > 0) return choices.map(choice => JSON.stringify(choice));
      return branch['type'] === undefined ? [] : kindOf(branch['type']);
    });
    return wanted.length > 0 ? [...new Set(wanted)].join(' or ') : 'something else';
  }
  if (keyword === 'type') return kindOf(schema['type']);
  return limits[keyword]?.(String(schema[keyword])) ?? `something else (${message.replace(/\.$/, '')})`;
}

function oneOf(choices: readonly unknown[]): string {
  const names = choices.map(choice => JSON.stringify(choice));
  return names.length === 1 ? names[0]! : `one of ${names.join(', ')}`;
}

const limits: Readonly<Record<string, (limit: string) => string>> = {
  minimum: limit => `at least ${limit}`,
  maximum: limit => `at most ${limit}`,
  exclusiveMinimum: limit => `more than ${limit}`,
  exclusiveMaximum: limit => `less than ${limit}`,
  multipleOf: step => `a multiple of ${step}`,
  minLength: limit => `text of ${limit} or more characters`,
  maxLength: limit => `text of at most ${limit} characters`,
  pattern: pattern => `text that matches ${pattern}`,
  format: format => `text of the format ${format}`,
  minItems: limit => `a list of ${limit} or more`,
  maxItems: limit => `a list of at most ${limit}`,
  uniqueItems: () => 'a list in which nothing stands twice',
  minProperties: limit => `a mapping of ${limit} or more`,
  maxProperties: limit => `a mapping of at most ${limit}`,
  contains: () => 'a list with an item that fits',
  not: () => 'something else',
  false: () => 'left out',
};

const kinds: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
  null: 'null',
};

function kindOf(type: unknown): string {
  return [type]
    .flat()
    .map(name => kinds[String(name)] ?? String(name))
    .join(' or ');
}
