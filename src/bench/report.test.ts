import { describe, expect, it } from 'vitest';
import { AiprodError } from '../errors';
import { benchResult, compareReports, parseReport, withFigures, type BenchCase, type BenchReport } from './report';
import { caseLines, comparisonLines, formatDuration, tailLines } from './table';

const ours = { name: 'aiprod', version: '1', dtype: 'f32' } as const;

function caseOf(name: string, seconds: number[]): BenchCase {
  return { suite: 'matmul', name, flops: 2e9, results: [benchResult(ours, seconds, 2e9)], ratios: [], unsupported: [] };
}

function reportOf(cases: BenchCase[], description = 'card A'): BenchReport {
  return {
    report: 1,
    generator: 'aiprod 0',
    date: '2026-01-01T00:00:00.000Z',
    adapter: { description, vendor: '', architecture: '', device: '', isSoftware: true, backend: 'vulkan' },
    system: { runtime: 'Node', platform: 'linux', processors: 2, load: [9, 3] },
    rounds: 3,
    clock: 'wall',
    cases,
    leftOut: [{ suite: 'matmul', name: 'huge', reason: 'too slow here' }],
  };
}

function codeOf(action: () => unknown): string | undefined {
  try {
    action();
  } catch (error) {
    return error instanceof AiprodError ? error.code : 'untyped';
  }
  return undefined;
}

describe('reports of aiprod bench', () => {
  it('reads back what was written', () => {
    const report = reportOf([caseOf('a', [2, 1, 4])]);
    expect(parseReport(JSON.stringify(report), 'file')).toEqual(report);
    expect(report.cases[0].results[0]).toMatchObject({ min: 1, median: 2, gflops: 1 });
  });

  it('refuses files that are no reports', () => {
    for (const text of ['', '{', '[]', '{"report":2}', JSON.stringify({ ...reportOf([]), cases: [{ suite: 1 }] })]) {
      expect(codeOf(() => parseReport(text, 'file'))).toBe('bad-input');
    }
  });

  it('says how much faster a run is than its baseline, case by case', () => {
    const now = reportOf([caseOf('a', [1, 2, 3]), caseOf('b', [1])]);
    const before = reportOf([caseOf('a', [2, 4, 6])], 'card B');
    const comparison = compareReports(now, before);
    expect(comparison).toEqual({
      sameAdapter: false,
      cases: [{ suite: 'matmul', name: 'a', ofMedians: 2, ofMinimums: 2 }],
      missing: [{ suite: 'matmul', name: 'b' }],
    });
    expect(comparisonLines(comparison).join('\n')).toMatch(/another adapter[^]*2\.00 times as fast[^]*not in the baseline/);
  });

  it('does not compare f16 with f32', () => {
    const half: BenchCase = { ...caseOf('a', [1]), results: [benchResult({ ...ours, dtype: 'f16' }, [1])] };
    expect(compareReports(reportOf([half]), reportOf([caseOf('a', [1])])).missing).toHaveLength(1);
  });

  it('adds figures from elsewhere with a ratio of medians', () => {
    const figures = {
      contender: 'torch-cpu',
      version: '2',
      cases: [
        { suite: 'matmul', name: 'a', seconds: [1, 3, 2] },
        { suite: 'matmul', name: 'unknown', seconds: [1] },
      ],
    };
    const [merged] = withFigures(reportOf([caseOf('a', [4])]), JSON.stringify(figures), 'file').cases;
    expect(merged.ratios).toEqual([{ peer: 'torch-cpu', byRound: false, min: 0.5, median: 0.5, max: 0.5 }]);
    expect(caseLines(merged).join('\n')).toContain('by figure');
    expect(codeOf(() => withFigures(reportOf([]), '{"cases":[]}', 'file'))).toBe('bad-input');
  });

  it('tells people what was left out, that other work ran, and whether memory agrees', () => {
    expect(tailLines(reportOf([])).join('\n')).toMatch(/left out {2}matmul: huge[^]*load was 9\.0 on 2 cores/);
    const memory = (heldBytes: number): BenchCase => ({
      suite: 'memory',
      name: 'm',
      results: [],
      ratios: [],
      unsupported: [],
      memory: { predictedBytes: 1000, heldBytes },
    });
    expect(caseLines(memory(1050)).join('\n')).toContain('(5.00 %)  agrees');
    expect(caseLines(memory(940)).join('\n')).toContain('DIFFERS');
    expect([formatDuration(2), formatDuration(0.25), formatDuration(0.0123), formatDuration(4e-5)]).toEqual([
      '2.00 s',
      '250 ms',
      '12.3 ms',
      '40.0 us',
    ]);
  });
});
