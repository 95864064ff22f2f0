import { describe, expect, it } from 'vitest';
import { operationNamed, operationNames } from '../operation';
import { gradientCases } from './testing/cases';
import { expectFiniteDifferences, traceCase } from './testing/finite-differences';

describe('gradient rules equal finite differences in f64', () => {
  it('has a case for every rule, and a rule for every operation but noise, what state is stored in, and the gradients themselves', () => {
    const tested = new Set(gradientCases.flatMap(({ build }) => traceCase(build).graph.nodes.map(({ operation }) => operation)));
    const withoutRule = operationNames().filter((name) => operationNamed(name).gradient === undefined);
    expect(operationNames().filter((name) => operationNamed(name).gradient !== undefined && !tested.has(name))).toEqual([]);
    expect(withoutRule.sort()).toEqual([
      'attentionKeyGradient',
      'attentionQueryGradient',
      'attentionStatistics',
      'convolutionInputGradient',
      'convolutionWeightGradient',
      'decodeBlocks',
      'encodeBlocks',
      'foldPadding',
      'randomNormal',
      'roundBf16',
      'rowNormGradient',
      'scatterRows',
    ]);
  });

  it.each(gradientCases)('$name', async ({ build }) => expectFiniteDifferences(traceCase(build)));
});
