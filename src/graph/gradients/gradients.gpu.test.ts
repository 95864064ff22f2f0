import { describe, it } from 'vitest';
import { removeDeadCode } from '..';
import { expectGpuMatchesReference } from '../testing';
import { gradientCases } from './testing/cases';
import { traceCase } from './testing/finite-differences';

describe('gradients on the GPU equal the reference', () => {
  it.each(gradientCases)('$name', async ({ build }) => {
    const { backward, inputs } = traceCase(build);
    const singles = Object.fromEntries(Object.entries(inputs).map(([name, data]) => [name, Float32Array.from(data)]));
    await expectGpuMatchesReference(removeDeadCode(backward), singles, 1e-5);
  });
});
