import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/longest-first.ts';

// oxlint-disable-next-line import/no-default-export -- vitest reads its configuration from the default export.
export default defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Two files at a time: some start browsers, servers and worker processes of their own.
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    reporters: ['default', './test/support/slow-files.ts'],
    include: ['test/**/*.test.ts'],
    globalSetup: [
      // Unpacks what the next run finds there, so it goes before the folder that this run removes.
      'test/support/browser/browser-package.ts',
      // What comes after it lies in memory.
      'test/support/quick-folder.ts',
      'test/support/database/database-templates.ts',
    ],
    // Each worker loads modules once, for all of its files: they are most of what a small file costs.
    isolate: false,
  },
});
