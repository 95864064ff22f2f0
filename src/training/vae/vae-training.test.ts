import { expect, it } from 'vitest';
import { z } from 'zod';
import { floatInput } from '../../golden';
import { differentiate, evaluateGraph, gradientName, permuteData } from '../../graph';
import { caseParams, componentConfig, parameterNames, parseLtx2VaeConfig, parseLtxVaeConfig } from '../../models';
import { readModelCase, relativeError } from '../../models/testing/golden';
import { vaeLossInputs, vaeTrainingGraph, vaeTrainingNames, type VaeLossWeights } from '.';

const { golden, tolerance } = readModelCase('models/train_vae');
const config = parseLtxVaeConfig(componentConfig(golden, 'model'));
const video = floatInput(golden, 'video');
const [batch, , frames, height, width] = video.shape;
const graph = vaeTrainingGraph(config, { batch, frames, height, width, weighted: true });
const names = parameterNames(graph);
const differentiated = differentiate(graph, { loss: vaeTrainingNames.loss, wrt: names, keep: [vaeTrainingNames.reconstruction] });
const counts = caseParams(golden, z.object({ squared: z.number(), absolute: z.number(), edges: z.number(), divergence: z.number() }));

const inputs = (weights: VaeLossWeights): Record<string, Float32Array> => ({
  video: video.data,
  noise: floatInput(golden, 'noise').data,
  [vaeTrainingNames.weight]: floatInput(golden, 'weight').data,
  ...vaeLossInputs(weights),
});

it('has the loss and the gradients of the reference', async () => {
  const weights = await golden.openWeights('model');
  const results = await evaluateGraph(differentiated, inputs(counts), (name) => weights.read(name));
  const actual = (name: string): ArrayLike<number> => results.get(name)?.data ?? [];
  const expected = (name: string): ArrayLike<number | bigint> => golden.outputs.get(name)?.data ?? [];
  expect(relativeError(actual('loss'), expected('loss'))).toBeLessThan(tolerance.f32);
  expect(relativeError(actual('reconstruction'), expected('reconstruction'))).toBeLessThan(tolerance.f32);
  expect(golden.outputs.size).toBe(names.length + 2);
  for (const { name, storedShape, permute } of graph.parameters.values()) {
    const reference = Float32Array.from(expected(`grad.${name}`), Number);
    const asRead = permute === undefined ? reference : permuteData(reference, storedShape, permute);
    expect(relativeError(actual(gradientName(name)), asRead), name).toBeLessThan(tolerance.f32);
  }
});

it('has the slope that the loss has', async () => {
  const weights = await golden.openWeights('model');
  // Absolute values have corners, across which differences are no slope.
  const smooth = inputs({ ...counts, absolute: 0, edges: 0 });
  const slopes = await evaluateGraph(differentiated, smooth, (name) => weights.read(name), { precise: true });
  const step = 2 ** -15;
  const lossAt = async (sign: number): Promise<number> => {
    const results = await evaluateGraph(graph, smooth, async (name) => (await weights.read(name)).map((value) => value + sign * step), {
      precise: true,
    });
    return results.get(vaeTrainingNames.loss)?.data[0] ?? Number.NaN;
  };
  const measured = ((await lossAt(1)) - (await lossAt(-1))) / (2 * step);
  // All weights move alike: the slope is the sum of all gradients.
  const traced = names.flatMap((name) => Array.from(slopes.get(gradientName(name))?.data ?? [])).reduce((sum, value) => sum + value, 0);
  expect(Math.abs(measured - traced) / Math.abs(traced)).toBeLessThan(1e-3);
});

it('is differentiable for LTX-2’s VAE, too, and refuses decoders that take a timestep', () => {
  const of = (name: string) => readModelCase(name).golden.config;
  const ltx2 = vaeTrainingGraph(parseLtx2VaeConfig(of('ltx2_vae')), { batch: 1, frames: 9, height: 64, width: 64 });
  const wrt = parameterNames(ltx2);
  const { outputs } = differentiate(ltx2, { loss: vaeTrainingNames.loss, wrt });
  expect(wrt.every((name) => outputs.has(gradientName(name)))).toBe(true);
  const other = parseLtxVaeConfig(of('ltx_vae_095'));
  expect(() => vaeTrainingGraph(other, { batch: 1, frames: 1, height: 64, width: 64 })).toThrow(/cannot be trained as an autoencoder/);
});
