/** The guides of docs/guides fit the code: `npm run guides` also checks every type, and runs the tests that they add. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

test('each step of the guides can be carried out, and the compiler takes what comes of it', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['scripts/guides.js', '--quick']);
  expect(stdout).toContain('The guides can be followed');
});
