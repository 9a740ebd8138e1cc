/**
 * What vitest loads before each test file; what it imports is loaded once for each worker. Not by `--import`: processes that a test
 * forks inherit that, and run the build.
 */
// oxlint-disable-next-line import/no-unassigned-import -- it changes where this process runs
import './one-processor.mjs';
// oxlint-disable-next-line import/no-unassigned-import -- it changes what this process can import
import './typescript.mjs';
