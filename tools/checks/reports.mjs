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

const firstLine = (text = '') => text.split('\n')[0].slice(0, 300);

/** Every suite's tests, however deep Playwright nests them. */
const specsOf = (suite) => [...(suite.specs ?? []), ...(suite.suites ?? []).flatMap(specsOf)];

/** What failed in a Vitest or Playwright report, one line each; empty for a check that has no tests. @returns {string[]} */
export function failuresOf(report) {
  if ('exitCode' in report) return [];
  if ('stats' in report) {
    const specs = specsOf(report).filter((spec) => spec.tests.some(({ status }) => status === 'unexpected' || status === 'flaky'));
    return [...specs.map(({ file, title }) => `${file} > ${title}`), ...report.errors.map(({ message }) => firstLine(message))];
  }
  return report.testResults
    .filter(({ status }) => status === 'failed')
    .flatMap(({ name, message, assertionResults }) => {
      const tests = assertionResults.filter(({ status }) => status === 'failed');
      if (tests.length === 0) return [`${name}: ${firstLine(message)}`];
      return tests.map(({ fullName, failureMessages }) => `${name} > ${fullName}: ${firstLine(failureMessages?.[0])}`);
    });
}

/** What failed in all reports in a folder. @returns {Promise<string[]>} */
export async function failuresIn(folder) {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json'));
  const reports = await Promise.all(names.map(async (name) => JSON.parse(await readFile(join(folder, name), 'utf8'))));
  return reports.flatMap(failuresOf);
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
