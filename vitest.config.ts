import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/runner/longest-first.ts';
// oxlint-disable-next-line import/no-unassigned-import -- it changes what vitest's own process can import
import './test/support/runner/typescript.mjs';

/** V8 has it until version 11. Node refuses to start with a flag that it doesn't know. */
const WAITING_COMPILER =
  Number.parseInt(process.versions.v8) < 12 ? ['--interrupt-budget=600000'] : [];

// oxlint-disable-next-line import/no-default-export -- vitest reads its configuration from the default export.
export default defineConfig({
  test: {
    // None takes a fifth of that, where nothing else runs: a slow machine, or a busy one, fails no test.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    // For two cores: of three files one often waits, for a browser or a process that it started (decision 116).
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    reporters: ['default', './test/support/runner/slow-files.ts'],
    include: ['test/**/*.test.ts'],
    globalSetup: [
      // Unpacks what the next run finds there, so it goes before the folder that this run removes.
      'test/support/browser/browser-package.ts',
      // What comes after it lies in memory.
      'test/support/runner/quick-folder.ts',
      'test/support/database/database-templates.ts',
    ],
    // Node itself imports the modules. Vite would turn each import into a getter, and each module would come through its process.
    experimental: { viteModuleRunner: false, nodeLoader: false },
    setupFiles: ['test/support/runner/setup.mjs'],
    // Each worker loads modules once, for all of its files: they are most of what a small file costs.
    isolate: false,
    // A worker makes garbage for a hundred files in a row, and most of its code runs a few times only. A large young generation, a
    // baseline compiler that doesn't wait and an optimizing one that does take a quarter of the processor time off (decision 116).
    execArgv: [
      '--max-semi-space-size=128',
      '--min-semi-space-size=64',
      '--always-sparkplug',
      '--no-flush-bytecode',
      ...WAITING_COMPILER,
    ],
  },
});
