import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Two end-to-end files at once are as many engines as two cores bear.
    maxWorkers: 2,
  },
});
