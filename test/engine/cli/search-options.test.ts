import { describe, expect, it } from 'vitest';
import { UsageError, type Arguments } from '../../../engine/cli/command.ts';
import { nextCommand } from '../../../engine/cli/next-command.ts';
import { readSearchOptions } from '../../../engine/cli/search-options.ts';
import { describeSearch } from '../../../engine/cli/search-progress.ts';

const given = (values: Arguments['values']): Arguments => ({ positionals: ['my pipe'], values });

describe('how a plan is searched for', () => {
  it('is half a minute in the whole space, unless told otherwise', () => {
    expect(readSearchOptions(given({}))).toEqual({ budget: 30_000, mixed: true, fusion: true, most: 64 });
    const options = { budget: '2 min', space: 'mixed', 'max-replicas': '7' };
    expect(readSearchOptions(given(options))).toEqual({
      budget: 120_000,
      mixed: true,
      fusion: false,
      most: 7,
    });
  });

  it.each([
    [{ budget: '30' }, /--budget takes a duration such as "30 s", not "30"; did you mean "30 s"\?/],
    [{ budget: '0 s' }, /not "0 s"$/],
    [{ space: 'mixd' }, /there is no space "mixd"; did you mean "mixed"\?/],
    [{ space: 'constructor' }, /there are single-pool, mixed, fused, all/],
    [{ 'max-replicas': '0' }, /--max-replicas takes a whole number of at least 1/],
    [{ 'max-replicas': '100001' }, /at most 100000/],
  ])('refuses %o', (values, message) => {
    expect(() => readSearchOptions(given(values))).toThrow(UsageError);
    expect(() => readSearchOptions(given(values))).toThrow(message);
  });
});

describe('the progress of a search', () => {
  it('says what is found, and what can no longer be', () => {
    const state = { phase: 'searching', best: null, bound: 0, evaluated: 3 };
    expect(describeSearch(state, 1900)).toBe('searching: no plan yet, 3 simulations, 1 s');
    expect(describeSearch({ ...state, best: 1.5, bound: 0.25 }, 0)).toBe(
      'searching: best $1.50/h, none below $0.25/h, 3 simulations, 0 s',
    );
  });
});

describe('the next command', () => {
  it('can be pasted into a shell', () => {
    const args = given({ profile: ['a.json', "it's.json"], hardware: 'hw.yaml' });
    expect(nextCommand(args, 'pipe', { out: undefined, report: 'r.html' })).toBe(
      `--out pipe.plan.yaml writes this plan
report written to r.html
try it without that hardware: millrace rehearse 'my pipe' --plan pipe.plan.yaml --profile a.json --profile 'it'\\''s.json' --hardware hw.yaml`,
    );
  });
});
