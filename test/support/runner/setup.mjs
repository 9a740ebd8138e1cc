/** What vitest loads before each test file. Not by `--import`: processes that a test forks inherit that, and run the build. */
// oxlint-disable-next-line import/no-unassigned-import -- it changes what this process can import
import './typescript.mjs';
