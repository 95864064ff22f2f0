import { expect, it } from 'vitest';
import { fuse, plainestCapabilities, planProgram, removeDeadCode } from '../graph';
import { traceWork } from './ours';
import { workData, type Work } from './work';

it('runs a transformer block without a dispatch that only moves data: modulation rows are read where they lie', () => {
  const work: Work = { op: 'block', tokens: 16, textTokens: 8, heads: 2, headDim: 64 };
  const graph = traceWork(work, workData(work), 'f32');
  const program = planProgram(fuse(removeDeadCode(graph), plainestCapabilities), plainestCapabilities);
  const kernels = program.steps.map(({ call }) => call.kernel);
  expect(kernels.filter((kernel) => kernel.startsWith('shape/') || kernel.startsWith('pointwise/'))).toEqual([]);
});
