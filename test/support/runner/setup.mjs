/** What vitest loads before each test file. Not by `--import`: processes that a test forks inherit that, and run the build. */
import { stat } from 'node:fs/promises';
import { env } from 'node:process';
// oxlint-disable-next-line import/no-unassigned-import -- it changes what this process can import
import './typescript.mjs';

// The first work for a thread starts as many as this says. Programs that tests start have as many as in production.
await stat('.');
delete env.UV_THREADPOOL_SIZE;
