import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { evaluateGraph } from '../graph';
import { relativeError, readModelCase } from './testing/golden';
import { verifyModelCase } from './verify';
test.each(readdirSync('/tmp/extra'))('%s', { timeout: 300_000 }, async (name) => {
  const { golden, tolerance } = readModelCase(`../../../../tmp/extra/${name}`);
  const comparisons = await verifyModelCase(golden, evaluateGraph);
  const errors = comparisons.map(({ name: output, actual, expected }) => [output, relativeError(actual, expected.data)] as const);
  console.log(name, JSON.stringify(errors));
  for (const [output, error] of errors) expect(error, output).toBeLessThan(tolerance.f32);
});
