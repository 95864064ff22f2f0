import { describe, expect, it } from 'vitest';
import {
  add,
  evaluateGraph,
  fuse,
  matmul,
  multiply,
  plainestCapabilities,
  printGraph,
  reshape,
  rmsNorm,
  silu,
  slice,
  Tracer,
  type Graph,
  type Tensor,
} from '..';

function values(count: number, seed: number): Float32Array {
  return Float32Array.from({ length: count }, (_, k) => Math.sin(seed + k * 1.7));
}

async function outputOf(graph: Graph, inputs: Record<string, Float32Array>): Promise<number[]> {
  const result = await evaluateGraph(graph, inputs, () => new Float32Array());
  return [...(result.get('y')?.data ?? [])];
}

describe('fusion', () => {
  it('joins a chain of elementwise operations into one node that computes the same', async () => {
    const tracer = new Tracer();
    const x = tracer.input('x', [2, 3, 4]);
    const scale = tracer.input('scale', [2, 1, 4]);
    const shift = tracer.input('shift', [4]);
    tracer.output('y', silu(add(multiply(x, add(scale, 1)), shift)));
    const graph = tracer.finish();
    const fused = fuse(graph, plainestCapabilities);
    expect(fused.nodes.filter((node) => node.operation === 'pointwise')).toHaveLength(1);
    const inputs = { x: values(24, 1), scale: values(8, 2), shift: values(4, 3) };
    const [before, after] = [await outputOf(graph, inputs), await outputOf(fused, inputs)];
    after.forEach((value, k) => expect(value).toBeCloseTo(before[k], 6));
  });

  it('moves sums of modulation rows into the epilogues that read them, and keeps one that two read', async () => {
    const trace = (shared: boolean): Graph => {
      const tracer = new Tracer();
      const [x, shift, scale] = ['x', 'shift', 'scale'].map((name) => tracer.input(name, name === 'x' ? [3, 8] : [1, 8]));
      const table = tracer.input('table', [2, 64]);
      const row = (index: number): Tensor => reshape(slice(slice(table, 0, index, 1), 1, 0, 8), [8]);
      const [rowShift, rowScale] = [add(shift, row(0)), add(scale, row(1))];
      const modulated = add(multiply(rmsNorm(x, { eps: 1e-6 }), add(rowScale, 1)), rowShift);
      tracer.output('y', shared ? matmul(modulated, rowShift, { transposeB: true }) : modulated);
      return tracer.finish();
    };
    const inputs = { x: values(24, 1), shift: values(8, 2), scale: values(8, 3), table: values(128, 4) };
    for (const shared of [false, true]) {
      const fused = fuse(trace(shared), plainestCapabilities);
      expect(fused.nodes.filter((node) => node.operation === 'pointwise')).toHaveLength(shared ? 1 : 0);
      const [before, after] = [await outputOf(trace(shared), inputs), await outputOf(fused, inputs)];
      after.forEach((value, k) => expect(value).toBeCloseTo(before[k], 5));
    }
    // With fewer bindings than the row sums need, they are stored as before.
    const few = fuse(trace(false), { ...plainestCapabilities, maxStorageBuffersPerStage: 4 });
    expect(few.nodes.filter((node) => node.operation === 'pointwise').length).toBeGreaterThan(0);
    for (const node of few.nodes) expect(node.inputs.length).toBeLessThanOrEqual(3);
  });

  it('keeps a value that two readers share', () => {
    const tracer = new Tracer();
    const x = tracer.input('x', [8]);
    const shared = silu(x);
    tracer.output('y', add(reshape(shared, [2, 4]), reshape(silu(shared), [2, 4])));
    const fused = fuse(tracer.finish(), plainestCapabilities);
    expect(fused.nodes.filter((node) => node.operation === 'pointwise').length, printGraph(fused)).toBeGreaterThanOrEqual(2);
  });

  it('does not exceed the storage bindings of the plainest adapter', async () => {
    const tracer = new Tracer();
    const inputs: Record<string, Float32Array> = {};
    let sum = tracer.input('x0', [4]);
    inputs.x0 = values(4, 0);
    for (let k = 1; k < 20; k++) {
      sum = add(sum, tracer.input(`x${k}`, [4]));
      inputs[`x${k}`] = values(4, k);
    }
    tracer.output('y', sum);
    const graph = tracer.finish();
    const fused = fuse(graph, plainestCapabilities);
    for (const node of fused.nodes) expect(node.inputs.length).toBeLessThanOrEqual(plainestCapabilities.maxStorageBuffersPerStage - 1);
    const [before, after] = [await outputOf(graph, inputs), await outputOf(fused, inputs)];
    after.forEach((value, k) => expect(value).toBeCloseTo(before[k], 5));
  });
});
