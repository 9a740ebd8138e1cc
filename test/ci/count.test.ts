import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'latchkey-count-'));
const report = join(folder, 'report.json');
afterEach(() => rmSync(report, { force: true }));

test('all passed', () => {
  expect(count({ numPassedTests: 7, numFailedTests: 0 })).toEqual(['7 passed, 0 failed\n', 0]);
});

test('some failed', () => {
  const testResults = [{ status: 'failed', assertionResults: [{ status: 'failed' }] }];
  expect(count({ numPassedTests: 7, numFailedTests: 2, testResults })).toEqual([
    '7 passed, 2 failed\n',
    1,
  ]);
});

test('skipped ones are named where there are any', () => {
  const counts = { numPassedTests: 7, numFailedTests: 0, numPendingTests: 1, numTodoTests: 2 };
  expect(count(counts)).toEqual(['7 passed, 0 failed, 3 skipped\n', 0]);
});

test('a file that could not be loaded counts as a failure, though it has no tests', () => {
  const testResults = [{ status: 'failed', assertionResults: [] }];
  expect(count({ numPassedTests: 7, numFailedTests: 0, testResults })).toEqual([
    '7 passed, 1 failed\n',
    1,
  ]);
});

test('an error that no test caught counts as a failure, though the report has none', () => {
  const counts = { numPassedTests: 7, numFailedTests: 0 };
  expect(count(counts, 1)).toEqual(['7 passed, 1 failed\n', 1]);
});

test('a run that left no report failed', () => {
  expect(count(undefined)).toEqual(['0 passed, 1 failed\n', 1]);
});

function count(content: object | undefined, exitCode = 0): [string, number | null] {
  if (content) writeFileSync(report, JSON.stringify({ testResults: [], ...content }));
  const args = ['.ci/count.js', report, String(exitCode)];
  const { stdout, status } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  return [stdout, status];
}
