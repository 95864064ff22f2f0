import { describe, expect, it } from 'vitest';
import {
  add,
  evaluateGraph,
  fuse,
  matmul,
  multiply,
  plainestCapabilities,
  planProgram,
  printGraph,
  printProgram,
  removeDeadCode,
  reshape,
  silu,
  subtract,
  Tracer,
  updatesAsOutputs,
  type Graph,
  type Program,
  type Tensor,
} from '.';

function traced(build: (tracer: Tracer, state: Tensor, x: Tensor) => void): Graph {
  const tracer = new Tracer();
  build(tracer, tracer.parameter('state', [4, 4]), tracer.input('x', [4, 4]));
  return fuse(removeDeadCode(tracer.finish()), plainestCapabilities);
}

const planned = (graph: Graph): Program => planProgram(graph, plainestCapabilities);

/** Which steps write the parameter's memory. */
function writers({ buffers, steps }: Program): { kernel: string; reads: number; inPlace: boolean }[] {
  const place = buffers.findIndex((buffer) => buffer.kind === 'parameter');
  return steps
    .filter(({ bindings }) => bindings.some(({ buffer, access }) => buffer === place && access === 'read_write'))
    .map(({ call, bindings }) => {
      expect(bindings.filter(({ buffer }) => buffer === place)).toHaveLength(1);
      return { kernel: call.kernel, reads: bindings.length - 1, inPlace: call.conditions?.in_place === true };
    });
}

describe('updates of parameters and inputs', () => {
  it('happen in place where a value is arithmetic on the old one', () => {
    const program = planned(traced((tracer, state, x) => tracer.update(state, subtract(multiply(state, 0.9), multiply(x, state)))));
    expect(writers(program), printProgram(program)).toEqual([{ kernel: 'pointwise/map', reads: 1, inPlace: true }]);
    expect(program.memory.transientBytes).toBe(0);
  });

  it('are written directly by what does not read the old one', () => {
    const program = planned(traced((tracer, state, x) => tracer.update(state, matmul(x, x))));
    expect(writers(program)).toMatchObject([{ inPlace: false }]);
    expect(program.steps).toHaveLength(1);
  });

  it('are copied at the end where the old one is read later, or by other than arithmetic', () => {
    const later = planned(
      traced((tracer, state, x) => {
        tracer.update(state, add(state, x));
        tracer.output('y', matmul(reshape(state, [4, 4]), x));
      }),
    );
    expect(writers(later)).toEqual([{ kernel: 'pointwise/map', reads: 1, inPlace: false }]);
    expect(later.steps.at(-1)?.label).toContain('update');
    const product = planned(traced((tracer, state, x) => tracer.update(state, matmul(state, x))));
    expect(writers(product)).toMatchObject([{ kernel: 'pointwise/map' }]);
    const reshaped = planned(traced((tracer, state, x) => tracer.update(state, reshape(reshape(silu(x), [16]), [4, 4]))));
    expect(writers(reshaped)).toHaveLength(1);
  });

  it('are refused where an old value would have to outlive them', () => {
    const swapped = traced((tracer, state, x) => {
      tracer.update(state, x);
      tracer.update(x, state);
    });
    expect(() => planned(swapped)).toThrow('the old value of another');
    const returned = traced((tracer, state, x) => {
      tracer.update(state, add(state, x));
      tracer.output('y', reshape(state, [16]));
    });
    expect(() => planned(returned)).toThrow('output y is a value that the run replaces');
    expect(() => traced((tracer, state) => tracer.update(state, reshape(state, [16])))).toThrow('not of the type');
    expect(() => traced((tracer, state, x) => tracer.update(silu(x), state))).toThrow('only parameters and inputs');
  });

  it('keep what computes them alive, and can come back as outputs instead', async () => {
    const graph = traced((tracer, state, x) => {
      tracer.update(state, add(state, silu(x)));
      tracer.update(x, multiply(x, 2));
    });
    const stateless = updatesAsOutputs(graph);
    expect([...stateless.outputs.keys()], printGraph(graph)).toEqual(['updated.state', 'updated.x']);
    const values = await evaluateGraph(stateless, { x: new Float32Array(16).fill(1) }, () => new Float32Array(16).fill(2));
    expect(values.get('updated.x')?.data[3]).toBe(2);
    expect(values.get('updated.state')?.data[3]).toBeCloseTo(2.731, 3);
  });
});
