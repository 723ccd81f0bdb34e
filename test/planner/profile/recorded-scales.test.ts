import { describe, expect, it } from 'vitest';
import { withCounts, type Profile } from '../../../planner/index.ts';

const batches = [{ batch: 1, mean: 5, quantiles: [] }];
const profile: Profile = {
  pipeline: 'ocr',
  hardware: 'cpu',
  host: {},
  engine: { query: 0, hop: 0, wake: 0 },
  stages: {
    detect: { scale: { mean: 1, samples: [] }, batches },
    read: { scale: { mean: 9, samples: [9, 9] }, batches },
  },
};

describe('items per query that were recorded', () => {
  it('take the place of the profile’s, query by query', () => {
    const [counted] = withCounts([profile], new Map([['read', [3, 0, 6]]]));
    expect(counted).toEqual({
      ...profile,
      stages: {
        detect: profile.stages['detect'],
        read: { scale: { mean: 3, samples: [3, 0, 6], ofArrivals: true }, batches },
      },
    });
  });
});
