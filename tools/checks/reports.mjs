/** Reads the JSON reports that Vitest and Playwright write themselves, and counts. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

/**
 * Counts of a Vitest report. A file that fails outside its tests (it does not load, its hooks fail) is one failure, and so is
 * a run that failed for a reason that no test has.
 * @returns {Counts}
 */
export function countVitest(report) {
  const broken = report.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  ).length;
  const failed = report.numFailedTests + broken;
  return {
    passed: report.numPassedTests,
    failed: failed === 0 && !report.success ? 1 : failed,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

/** Counts of a check that has no tests (types, lint, the build): nothing when it passed, one failure when it did not. @returns {Counts} */
export function countExitCode({ exitCode }) {
  return { passed: 0, failed: exitCode === 0 ? 0 : 1, skipped: 0 };
}

/** Counts of a Playwright report; a test that passed only when tried again counts as failed. @returns {Counts} */
export function countPlaywright(report) {
  const { expected, unexpected, flaky, skipped } = report.stats;
  return { passed: expected, failed: unexpected + flaky + report.errors.length, skipped };
}

/** Counts of any of the three. @returns {Counts} */
export function countReport(report) {
  if ('stats' in report) return countPlaywright(report);
  return 'exitCode' in report ? countExitCode(report) : countVitest(report);
}

/** Adds up all reports in a folder. @returns {Promise<Counts>} */
export async function countReports(folder) {
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const name of await readdir(folder)) {
    if (!name.endsWith('.json')) continue;
    const report = JSON.parse(await readFile(join(folder, name), 'utf8'));
    const { passed, failed, skipped } = countReport(report);
    total.passed += passed;
    total.failed += failed;
    // Of the run filtered by name, what the filter left out is no skipped test: it ran on the other adapter.
    if (name !== 'gpu-f16.json') total.skipped += skipped;
  }
  return total;
}

/** The closing line of a run: `N passed, N failed`, with `, N skipped` when there are any. */
export function closingLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
