import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { evaluateGraph } from '../graph';
import { readGoldenOperationCase } from '../numeric/testing/golden-case';
import { relativeL2 } from '../numeric/testing/relative-l2';
import { buildOperationCase } from './operation-cases';

const names = readdirSync(new URL('../../fixtures/golden/', import.meta.url)).filter((name) => name.startsWith('op_'));

describe('operations against the reference, on the CPU', () => {
  it('has cases', () => expect(names.length).toBeGreaterThanOrEqual(19));

  it.each(names)('%s', async (name) => {
    const golden = readGoldenOperationCase(name);
    const { graph, inputs, outputs } = buildOperationCase(golden);
    expect([...outputs].sort()).toEqual([...golden.outputs.keys()].sort());
    const actual = await evaluateGraph(graph, inputs, () => new Float32Array());
    for (const [key, expected] of golden.outputs) {
      expect.soft(actual.get(key)?.shape, key).toEqual(expected.shape);
      expect.soft(relativeL2(actual.get(key)?.data ?? [], expected.data), key).toBeLessThanOrEqual(golden.tolerance.f32);
    }
  });

  it('names the kinds it knows', () => {
    expect(() => buildOperationCase({ params: { op: 'fourier' }, inputs: new Map() })).toThrow(/activations/);
    expect(() => buildOperationCase({ params: { op: 'activations' }, inputs: new Map() })).toThrow(/no input x/);
  });
});
