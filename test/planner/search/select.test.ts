import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { selectRank } from '../../../planner/search/select.ts';

// Of the two zeros, either may stand at a rank.
const number = fc.oneof(fc.double({ noNaN: true }), fc.integer({ min: 0, max: 3 })).map(value => value + 0);
const values = fc.array(number, { minLength: 1 });

it('finds the value that sorting would put at a rank', () => {
  fc.assert(
    fc.property(values, fc.nat(), (values, number) => {
      const rank = number % values.length;
      const sorted = Float64Array.from(values).sort();
      expect(selectRank(Float64Array.from(values), rank)).toBe(sorted[rank]);
    }),
  );
});

it('leaves all values there, with none after the rank that is less', () => {
  fc.assert(
    fc.property(values, fc.nat(), (values, number) => {
      const rank = number % values.length;
      const selected = Float64Array.from(values);
      const found = selectRank(selected, rank);
      expect(selected.toSorted()).toEqual(Float64Array.from(values).sort());
      expect(selected.slice(rank).every(value => value >= found)).toBe(true);
    }),
  );
});
