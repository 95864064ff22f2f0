/** For tests: one GPU context a worker process, and comparison of a graph's two ways of running. */
import { expect } from 'vitest';
import { createGpuContext, type GpuContext } from '../gpu';
import { testDevice } from '../gpu/testing';
import { evaluateGraph } from './evaluate';
import { runGraph } from './executor';
import type { Graph } from './graph';
import type { ParameterReader } from './parameter-reader';
import type { HostTensor } from './types';

let shared: Promise<GpuContext> | undefined;

/** The context on the test adapter, shared by the tests of a process. */
export function testContext(): Promise<GpuContext> {
  shared ??= testDevice().then(createGpuContext);
  return shared;
}

/** Norm of the difference over norm of the expected values. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let difference = 0;
  let norm = 0;
  for (let k = 0; k < expected.length; k++) {
    difference += (actual[k] - expected[k]) ** 2;
    norm += expected[k] ** 2;
  }
  return norm === 0 ? Math.sqrt(difference) : Math.sqrt(difference / norm);
}

/** Deterministic values in about -1.5 to 1.5 for tests. */
export function testValues(count: number, seed: number): Float32Array {
  let state = (seed * 2654435761 + 12345) >>> 0;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 4294967296) * 3 - 1.5;
  });
}

/** Runs a graph on the GPU and on the CPU reference and expects every output to agree. */
export async function expectGpuMatchesReference(
  graph: Graph,
  inputs: Readonly<Record<string, HostTensor['data']>>,
  tolerance: number,
  readParameter: ParameterReader = () => new Float32Array(),
): Promise<void> {
  const expected = await evaluateGraph(graph, inputs, readParameter);
  const actual = await runGraph(await testContext(), graph, inputs, readParameter);
  for (const [name, tensor] of expected) {
    const computed = actual.get(name);
    expect(computed?.data.length, name).toBe(tensor.data.length);
    expect(relativeError(computed?.data ?? [], tensor.data), name).toBeLessThanOrEqual(tolerance);
  }
}
