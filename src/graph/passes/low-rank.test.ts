import { describe, expect, it } from 'vitest';
import {
  adaptableWeights,
  addLowRankBranches,
  evaluateGraph,
  fuse,
  geluTanh,
  linear,
  lowRankNames,
  matmul,
  plainestCapabilities,
  printGraph,
  Tracer,
  type Graph,
} from '..';
import { relativeError, testValues } from '../testing';

/** y = W2 gelu(W1 x + b1), and W1 read a second time. */
function mlp(): Graph {
  const tracer = new Tracer();
  const x = tracer.input('x', [2, 3, 4]);
  const first = tracer.parameter('block.first.weight', [8, 4]);
  const hidden = geluTanh(linear(x, first, tracer.parameter('block.first.bias', [8])));
  tracer.output('y', linear(hidden, tracer.parameter('block.second.weight', [5, 8])));
  tracer.output('again', linear(x, first));
  tracer.output('plain', matmul(x, tracer.parameter('plain.weight', [4, 2])));
  return tracer.finish();
}

const shapes: Record<string, readonly number[]> = {
  'block.first.weight': [8, 4],
  'block.first.bias': [8],
  'block.second.weight': [5, 8],
  'plain.weight': [4, 2],
  'block.first.lora_A.one.weight': [2, 4],
  'block.first.lora_B.one.weight': [8, 2],
  'block.second.lora_A.one.weight': [3, 8],
  'block.second.lora_B.one.weight': [5, 3],
  'block.second.lora_A.two.weight': [1, 8],
  'block.second.lora_B.two.weight': [5, 1],
};

function parameter(name: string): Float32Array {
  const index = Object.keys(shapes).indexOf(name);
  if (index < 0) throw new Error(`the graph asks for ${name}`);
  return testValues(
    shapes[name].reduce((product, size) => product * size, 1),
    index,
  );
}

/** W + s B A for every weight and adapter. */
function fused(scales: Record<string, number>): (name: string) => Float32Array {
  return (name) => {
    const weight = parameter(name).slice();
    for (const [adapter, scale] of Object.entries(scales)) {
      const [down, up] = [lowRankNames.down(name, adapter), lowRankNames.up(name, adapter)];
      if (!(down in shapes)) continue;
      const [a, b, [rank, width]] = [parameter(down), parameter(up), shapes[down]];
      for (let k = 0; k < weight.length; k++) {
        for (let r = 0; r < rank; r++) weight[k] += scale * b[Math.floor(k / width) * rank + r] * a[r * width + (k % width)];
      }
    }
    return weight;
  };
}

const adapters = [
  { name: 'one', ranks: new Map(Object.entries({ 'block.first.weight': 2, 'block.second.weight': 3, 'not.here.weight': 4 })) },
  { name: 'two', ranks: new Map([['block.second.weight', 1]]) },
];

describe('low-rank branches', () => {
  it('compute what the fused weights compute, at any scale, before and after fusion', async () => {
    const graph = addLowRankBranches(mlp(), adapters);
    expect([...graph.inputs.keys()]).toEqual(['x', 'lora_scale.one', 'lora_scale.two']);
    const x = testValues(24, 99);
    for (const [one, two] of [
      [0, 0],
      [1, 0.5],
      [-0.3, 2],
    ]) {
      const expected = await evaluateGraph(mlp(), { x }, fused({ one, two }));
      const inputs = { x, 'lora_scale.one': Float32Array.of(one), 'lora_scale.two': Float32Array.of(two) };
      for (const form of [graph, fuse(graph, plainestCapabilities)]) {
        const actual = await evaluateGraph(form, inputs, parameter);
        for (const [name, { data }] of expected) expect(relativeError(actual.get(name)?.data ?? [], data), name).toBeLessThan(1e-6);
      }
    }
  });

  it('share the matrices of a weight that is read twice', () => {
    const graph = addLowRankBranches(mlp(), adapters);
    const names = [...graph.parameters.values()].map(({ name }) => name).sort();
    expect(names, printGraph(graph)).toEqual(Object.keys(shapes).sort());
  });

  it('leave a graph without adapters alone, and other products too', () => {
    const graph = mlp();
    expect(addLowRankBranches(graph, [])).toBe(graph);
    expect([...adaptableWeights(graph)]).toEqual([
      ['block.first.weight', [8, 4]],
      ['block.second.weight', [5, 8]],
    ]);
    const untouched = addLowRankBranches(graph, [{ name: 'x', ranks: new Map([['plain.weight', 1]]) }]);
    expect(printGraph(untouched)).toBe(printGraph(graph));
  });

  it('keep a layer one kernel: the sum goes into its epilogue', () => {
    const graph = fuse(addLowRankBranches(mlp(), adapters), plainestCapabilities);
    expect(
      graph.nodes.filter(({ operation }) => operation === 'pointwise'),
      printGraph(graph),
    ).toEqual([]);
  });
});
