import { describe, expect, it } from 'vitest';
import {
  add,
  attention,
  evaluateGraph,
  fuse,
  geluTanh,
  gradientsOf,
  linear,
  mean,
  plainestCapabilities,
  planProgram,
  removeDeadCode,
  reshape,
  rmsNorm,
  square,
  Tracer,
  type Graph,
  type HostTensor,
  type ProgramMemory,
  type Tensor,
} from '..';
import { testValues } from '../testing';
import { narrowCuts, recompute, recomputeWithin } from './recompute';

const width = 8;
const tokens = 32;
const blocks = 6;

function block(x: Tensor, k: number): Tensor {
  const weight = (name: string, outputs: number, inputs: number): Tensor => x.tracer.parameter(`${k}.${name}`, [outputs, inputs]);
  const normed = rmsNorm(x, { eps: 1e-5 });
  const [q, key, value] = ['q', 'k', 'v'].map((name) => reshape(linear(normed, weight(name, width, width)), [2, tokens, 2, 4]));
  const attended = add(x, linear(reshape(attention(q, key, value), x.shape), weight('out', width, width)));
  const hidden = geluTanh(linear(rmsNorm(attended, { eps: 1e-5 }), weight('up', 4 * width, width)));
  return add(attended, linear(hidden, weight('down', width, 4 * width)));
}

/** A small transformer with its loss and gradients, and the node of the loss. */
function backward(): { graph: Graph; loss: number } {
  const tracer = new Tracer();
  let x = tracer.input('x', [2, tokens, width]);
  for (let k = 0; k < blocks; k++) x = block(x, k);
  const loss = reshape(mean(square(x), [0, 1, 2]), [1]);
  tracer.output('loss', loss);
  const parameters = tracer.parameterValues();
  const gradients = gradientsOf(
    loss,
    parameters.map(({ value }) => value),
  );
  parameters.forEach(({ spec }, k) => {
    const gradient = gradients[k];
    if (gradient !== undefined) tracer.output(spec.name, gradient);
  });
  return { graph: tracer.finish(), loss: loss.id };
}

const memoryOf = (graph: Graph): ProgramMemory =>
  planProgram(fuse(removeDeadCode(graph), plainestCapabilities), plainestCapabilities).memory;
const bytesOf = (graph: Graph): number => memoryOf(graph).totalBytes;
const count = (graph: Graph): number => removeDeadCode(graph).nodes.length;

function evaluate(graph: Graph): Promise<Map<string, HostTensor>> {
  const read = (name: string): Float32Array => {
    const size = name.endsWith('up') || name.endsWith('down') ? 4 * width * width : width * width;
    return testValues(size, name.length * 7 + Number(name[0])).map((value) => value / 4);
  };
  return evaluateGraph(removeDeadCode(graph), { x: testValues(2 * tokens * width, 1) }, read);
}

describe('gradient checkpointing', () => {
  it('cuts between the blocks', () => {
    const { graph, loss } = backward();
    const cuts = narrowCuts(graph, loss);
    expect(cuts.length).toBeGreaterThanOrEqual(blocks - 1);
    expect(cuts.length).toBeLessThanOrEqual(3 * blocks);
  });

  it('takes less memory and gives the same gradients, bit for bit', async () => {
    const { graph, loss } = backward();
    const small = recompute(graph, loss, { cuts: narrowCuts(graph, loss) });
    expect(memoryOf(small).transientBytes).toBeLessThan(0.4 * memoryOf(graph).transientBytes);
    const [expected, actual] = [await evaluate(graph), await evaluate(small)];
    expect([...actual.keys()]).toEqual([...expected.keys()]);
    for (const [name, { data }] of expected) expect(actual.get(name)?.data, name).toEqual(data);
  });

  it('recomputes no more than a limit asks for', () => {
    const { graph, loss } = backward();
    const within = (bytes: number): Graph => recomputeWithin(graph, loss, { bytes, capabilities: plainestCapabilities });
    const [whole, least] = [bytesOf(graph), bytesOf(within(0))];
    expect(count(within(whole))).toBe(count(graph));
    const middle = within((whole + least) / 2);
    expect(bytesOf(middle)).toBeLessThanOrEqual((whole + least) / 2);
    expect(count(middle)).toBeGreaterThan(count(graph));
    expect(count(middle)).toBeLessThan(count(within(0)));
  });
});
