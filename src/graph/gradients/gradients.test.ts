import { describe, it } from 'vitest';
import { gradientCases } from './testing/cases';
import { expectFiniteDifferences, traceCase } from './testing/finite-differences';

describe('gradient rules equal finite differences in f64', () => {
  it.each(gradientCases)('$name', async ({ build }) => expectFiniteDifferences(traceCase(build)));
});
