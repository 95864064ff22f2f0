/** For tests: gradients by the rules beside gradients by finite differences, both in f64 on the CPU reference. */
import { expect } from 'vitest';
import { elementCount, evaluateGraph, gradientName, gradientsOf, multiply, sum, Tracer, type Graph, type Tensor } from '../..';
import { testValues } from '../../testing';
import type { GradientCase, MakeInput } from './cases';

export interface TracedCase {
  /** The loss alone. */
  readonly graph: Graph;
  /** The loss and the gradients that it has. */
  readonly backward: Graph;
  readonly inputs: Readonly<Record<string, Float64Array>>;
}

/** A loss (the sum of the case's result times fixed numbers) and inputs in f64. */
export function traceCase(build: GradientCase['build']): TracedCase {
  const tracer = new Tracer();
  const inputs: Record<string, Float64Array> = {};
  const input: MakeInput = (shape, of = (value) => value) => {
    const name = `x${Object.keys(inputs).length}`;
    inputs[name] = Float64Array.from(testValues(elementCount(shape), Object.keys(inputs).length + 3), of);
    return tracer.input(name, shape);
  };
  tracer.output('loss', weightedSum(build(input, tracer)));
  const graph = tracer.finish();
  return { graph, backward: backwardOf(graph), inputs };
}

function backwardOf(graph: Graph): Graph {
  const tracer = Tracer.extending(graph);
  const names = [...graph.inputs.keys()];
  gradientsOf(
    tracer.outputValue('loss'),
    names.map((name) => tracer.inputValue(name)),
  ).forEach((gradient, k) => {
    if (gradient !== undefined) tracer.output(gradientName(names[k]), gradient);
  });
  return tracer.finish();
}

function weightedSum(y: Tensor): Tensor {
  const weights = y.tracer.constant(testValues(elementCount(y.shape), 99), y.shape);
  return sum(
    multiply(y, weights),
    y.shape.map((_, axis) => axis),
  );
}

const step = 1e-4;

/** Expects every element of every input's gradient to equal the central difference of the loss. */
export async function expectFiniteDifferences({ graph, backward, inputs }: TracedCase): Promise<void> {
  const lossOf = async (values: Readonly<Record<string, Float64Array>>): Promise<number> =>
    (await evaluateGraph(graph, values, () => new Float32Array(), { precise: true })).get('loss')?.data[0] ?? Number.NaN;
  const gradients = await evaluateGraph(backward, inputs, () => new Float32Array(), { precise: true });
  expect(gradients.size).toBeGreaterThan(1);
  for (const [name, data] of Object.entries(inputs)) {
    const expected: number[] = [];
    for (let k = 0; k < data.length; k++) {
      const at = async (offset: number): Promise<number> => lossOf({ ...inputs, [name]: data.with(k, data[k] + offset) });
      expected.push(((await at(step)) - (await at(-step))) / (2 * step));
    }
    // What is only compared has no gradient.
    const actual = gradients.get(gradientName(name))?.data ?? new Float64Array(data.length);
    const scale = Math.max(1e-3, ...expected.map(Math.abs));
    expect(actual.length).toBe(expected.length);
    expected.forEach((value, k) => expect(Math.abs(actual[k] - value) / scale, `${name}[${k}]`).toBeLessThan(1e-6));
  }
}
