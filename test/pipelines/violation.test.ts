import { describe, expect, test } from 'vitest';
import { violations } from '../../pipelines/violation.ts';

const point = { type: 'object', properties: { x: { type: 'number' } }, additionalProperties: false } as const;
const $defs = { point: { ...point, required: ['x'] }, 'a/~%': { const: 'on' } };

describe('what is wrong with a value', () => {
  test.each([
    [{ minimum: 2 }, 1, { at: '', expected: 'at least 2' }],
    [{ minLength: 1 }, '', { at: '', expected: 'text of 1 or more characters' }],
    [{ enum: ['fast', 'slow'] }, 'fats', { expected: 'one of "fast", "slow"', suggestion: 'fast' }],
    [{ items: { type: 'integer' } }, [1, 2.5], { at: '/1', expected: 'a whole number' }],
    [{ properties: { old: false } }, { old: 1 }, { at: '/old', expected: 'left out' }],
    [{ prefixItems: [true], items: false }, [1, 2], { at: '/1', expected: 'left out' }],
    [
      { patternProperties: { '^a/~%': { type: 'null' } } },
      { 'a/~%': 1 },
      { at: '/a~1~0%', expected: 'null' },
    ],
    [{ propertyNames: { pattern: '^z' } }, { é: 1 }, { kind: 'name', at: '', name: 'é' }],
    [{ ...point, unevaluatedProperties: false }, { 'y/': 1 }, { kind: 'unknown', at: '', name: 'y/' }],
    [{ $ref: '#/$defs/point' }, {}, { kind: 'missing', at: '', name: 'x' }],
    [{ $ref: '#/$defs/a~1~0%25' }, 'off', { at: '', expected: '"on"' }],
    [{ properties: { $ref: { type: 'null' } } }, { $ref: 1 }, { at: '/$ref', expected: 'null' }],
  ])('by %j in %j', (schema, value, violation) => {
    expect(violations({ ...schema, $defs }, value)).toEqual([expect.objectContaining(violation)]);
  });

  test.each([
    [{ a: 1 }, ['a']],
    [{ x: 'far' }, ['a number']],
    [3, ['"on" or a mapping']],
    ['om', ['"on" or a mapping']],
  ])('by the branch of a union that was meant: %j', (value, expected) => {
    const union = { anyOf: [{ enum: ['on'] }, point] };
    const found = violations(union, value);
    expect(found.map(found => (found.kind === 'wrong' ? found.expected : found.name))).toEqual(expected);
  });

  test('is told about wholly, each mistake once', () => {
    const schema = { ...point, required: ['p', 'q'] };
    const found = violations(schema, { x: '', y: 1, z: 2 });
    expect(found.map(found => (found.kind === 'wrong' ? found.at : found.name)).toSorted()).toEqual([
      '/x',
      'p',
      'q',
      'y',
      'z',
    ]);
  });

  test('leaves the schema as it was', () => {
    const schema = Object.freeze({ $ref: '#/$defs/point', $defs: Object.freeze($defs) });
    expect(violations(schema, { x: 1 })).toEqual([]);
    expect(Object.getOwnPropertyNames(schema.$defs.point)).not.toContain('__absolute_uri__');
  });
});
