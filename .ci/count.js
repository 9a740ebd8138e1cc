/**
 * Prints vitest's JSON report as one line, "N passed, N failed[, N skipped]"; exits 1 unless all passed.
 *
 * The second argument is vitest's exit code: an error that no test caught is not in the report, and counts as one failure.
 */
import { readFileSync } from 'node:fs';

/** A build that broke leaves no report: that counts as one failure, not as none. */
const NO_REPORT = { numPassedTests: 0, numFailedTests: 1, testResults: [] };

const report = readReport(process.argv[2]);
// A file that could not be loaded has no tests, so vitest's own count of failed tests misses it.
const broken = report.testResults.filter(
  (file) =>
    file.status === 'failed' && file.assertionResults.every((each) => each.status !== 'failed'),
).length;
const counted = report.numFailedTests + broken;
const failed = counted === 0 && process.argv[3] !== '0' ? 1 : counted;
const skipped = (report.numPendingTests ?? 0) + (report.numTodoTests ?? 0);

process.stdout.write(
  `${report.numPassedTests} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`,
);
process.exitCode = failed > 0 ? 1 : 0;

function readReport(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return NO_REPORT;
  }
}
