import { expect, it } from 'vitest';
import { readGoldenCase } from '../../golden/testing';
import { geluErf, geluTanh, leakyRelu, sigmoid, silu, tanh } from '../arithmetic';
import { evaluateGraph } from '../evaluate';
import { runGraph } from '../executor';
import { relativeError, testContext } from '../testing';
import { Tracer } from '../tracer';
import { softmax } from './softmax';

it("has PyTorch's activations on the CPU and the GPU", async () => {
  const { golden, tolerance } = readGoldenCase('op_activations');
  const input = golden.inputs.get('x');
  if (!(input?.data instanceof Float32Array)) throw new Error('op_activations lacks its float32 input');
  const tracer = new Tracer();
  const x = tracer.input('x', input.shape);
  const activations = {
    gelu_tanh: geluTanh(x),
    gelu_erf: geluErf(x),
    silu: silu(x),
    softmax: softmax(x),
    'leaky_relu_0.1': leakyRelu(x, 0.1),
    'leaky_relu_0.01': leakyRelu(x, 0.01),
    tanh: tanh(x),
    sigmoid: sigmoid(x),
  };
  for (const [name, y] of Object.entries(activations)) tracer.output(name, y);
  const graph = tracer.finish();
  const read = (): Float32Array => new Float32Array();
  const onProcessor = await evaluateGraph(graph, { x: input.data }, read);
  const onDevice = await runGraph(await testContext(), graph, { x: input.data }, read);
  expect([...golden.outputs.keys()].sort()).toEqual(Object.keys(activations).sort());
  for (const [name, expected] of golden.outputs) {
    const values = Float64Array.from(expected.data, Number);
    expect(relativeError(onProcessor.get(name)?.data ?? [], values), `${name} on the CPU`).toBeLessThan(tolerance.f32);
    expect(relativeError(onDevice.get(name)?.data ?? [], values), `${name} on the GPU`).toBeLessThan(tolerance.f32);
  }
});
