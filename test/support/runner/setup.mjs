/** What vitest loads before each test file. Not by `--import`: processes that a test forks inherit that, and run the build. */
import { env } from 'node:process';
import { stayOnOneProcessor } from './one-processor.mjs';
// oxlint-disable-next-line import/no-unassigned-import -- it changes what this process can import
import './typescript.mjs';

stayOnOneProcessor(Number(env.VITEST_POOL_ID));
