import { expect, it } from 'vitest';
import {
  addLowRankBranches,
  evaluateGraph,
  geluTanh,
  linear,
  lowRankNames,
  runGraph,
  storeParametersAs,
  Tracer,
  updatesAsOutputs,
} from '../graph';
import { relativeError, testContext, testValues } from '../graph/testing';
import { gradientGraph } from '.';

it('an adapter trains over a base that stays quantised, with the gradients of the decoded base', async () => {
  const tracer = new Tracer();
  const x = tracer.input('x', [5, 64]);
  const hidden = geluTanh(linear(x, tracer.parameter('first.weight', [32, 64])));
  tracer.output('y', linear(hidden, tracer.parameter('second.weight', [8, 32])));
  const ranks = new Map([
    ['first.weight', 4],
    ['second.weight', 4],
  ]);
  const branched = addLowRankBranches(tracer.finish(), [{ name: 'a', ranks }]);
  const trainable = [...ranks.keys()].flatMap((name) => [lowRankNames.down(name, 'a'), lowRankNames.up(name, 'a')]);
  const step = gradientGraph(branched, { prediction: 'y', trainable });
  const stored = storeParametersAs(step, ({ name }) => (name.includes('lora') ? undefined : { encoding: 'int8' }));
  const encoded = stored.nodes.filter(({ encoding }) => encoding !== undefined);
  expect(encoded.map(({ id }) => stored.parameters.get(id)?.name)).toEqual(['first.weight', 'second.weight']);
  expect(stored.nodes.filter(({ operation }) => operation === 'gatherRows')).toHaveLength(1);

  const [quantised, decoded] = [updatesAsOutputs(stored), updatesAsOutputs(step)];

  const sizes: Readonly<Record<string, number>> = { 'first.weight': 2048, 'second.weight': 256 };
  const read = (name: string): Float32Array => {
    const node = step.nodes.find(({ id }) => step.parameters.get(id)?.name === name);
    return testValues(sizes[name] ?? node?.shape.reduce((a, b) => a * b, 1) ?? 0, name.length).map((value) => value / 4);
  };
  const inputs: Record<string, Float32Array> = { 'lora_scale.a': Float32Array.of(2) };
  for (const [name, id] of quantised.inputs) {
    const count = quantised.nodes[id].shape.reduce((a, b) => a * b, 1);
    inputs[name] ??= testValues(count, name.length);
  }
  const expected = await evaluateGraph(quantised, inputs, read);
  const plain = await evaluateGraph(decoded, inputs, read);
  const actual = await runGraph(await testContext(), quantised, inputs, read);
  for (const [name, { data }] of expected) {
    expect(relativeError(actual.get(name)?.data ?? [], data), name).toBeLessThan(1e-4);
    expect(relativeError(plain.get(name)?.data ?? [], data), name).toBeLessThan(0.05);
  }
});
