import { defineConfig } from 'vitest/config';

// oxlint-disable-next-line import/no-default-export -- vitest reads its configuration from the default export.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/database-templates.ts'],
    testTimeout: 20_000,
    hookTimeout: 60_000,
    // Two files at a time: some start browsers, servers and worker processes of their own.
    maxWorkers: 2,
    sequence: { shuffle: false },
  },
});
