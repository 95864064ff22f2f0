import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { closingLine, countPlaywright, countReports, countVitest, failuresOf } from './reports.mjs';

/** A Vitest JSON report, of the fields that are read. */
function vitestReport(overrides) {
  return { success: true, numPassedTests: 3, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0, testResults: [], ...overrides };
}

describe('countVitest', () => {
  it('counts tests', () => {
    expect(countVitest(vitestReport({ numPendingTests: 2, numTodoTests: 1 }))).toEqual({ passed: 3, failed: 0, skipped: 3 });
  });

  it('counts a file that does not load as a failure', () => {
    const testResults = [
      { status: 'failed', assertionResults: [] },
      { status: 'failed', assertionResults: [{ status: 'failed' }] },
    ];
    expect(countVitest(vitestReport({ success: false, numFailedTests: 1, testResults })).failed).toBe(2);
  });

  it('never calls a failed run clean', () => {
    expect(countVitest(vitestReport({ success: false })).failed).toBe(1);
  });
});

describe('countPlaywright', () => {
  it('counts flaky tests and errors outside tests as failures', () => {
    const stats = { expected: 4, unexpected: 1, flaky: 1, skipped: 2 };
    expect(countPlaywright({ stats, errors: [{ message: 'no server' }] })).toEqual({ passed: 4, failed: 3, skipped: 2 });
  });
});

describe('failuresOf', () => {
  it('names tests, files that do not load, and nested browser tests', () => {
    const testResults = [
      { name: 'a.test.ts', status: 'failed', message: 'no such module\nat ...', assertionResults: [] },
      {
        name: 'b.test.ts',
        status: 'failed',
        assertionResults: [
          { status: 'passed', fullName: 'b works' },
          { status: 'failed', fullName: 'b breaks', failureMessages: ['expected 1\nat ...'] },
        ],
      },
    ];
    expect(failuresOf(vitestReport({ testResults }))).toEqual(['a.test.ts: no such module', 'b.test.ts > b breaks: expected 1']);
    const specs = [
      { file: 'c.spec.ts', title: 'plays', tests: [{ status: 'unexpected' }] },
      { file: 'c.spec.ts', title: 'stops', tests: [{ status: 'expected' }] },
    ];
    expect(failuresOf({ stats: {}, errors: [], suites: [{ suites: [{ specs }] }] })).toEqual(['c.spec.ts > plays']);
    expect(failuresOf({ exitCode: 1 })).toEqual([]);
  });
});

describe('closingLine', () => {
  it('mentions skipped tests only when there are some', () => {
    expect(closingLine({ passed: 5, failed: 0, skipped: 0 })).toBe('5 passed, 0 failed');
    expect(closingLine({ passed: 5, failed: 1, skipped: 2 })).toBe('5 passed, 1 failed, 2 skipped');
  });
});

describe('countReports', () => {
  it('adds up what the runners wrote and checks that failed without tests', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'aiprod-reports-'));
    try {
      await writeFile(join(folder, 'unit.json'), JSON.stringify(vitestReport({ numPendingTests: 1 })));
      await writeFile(
        join(folder, 'e2e.json'),
        JSON.stringify({ stats: { expected: 2, unexpected: 0, flaky: 0, skipped: 0 }, errors: [] }),
      );
      await writeFile(join(folder, 'lint-failed.json'), JSON.stringify({ exitCode: 1 }));
      expect(await countReports(folder)).toEqual({ passed: 5, failed: 1, skipped: 1 });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
