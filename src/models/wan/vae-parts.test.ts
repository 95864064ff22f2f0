import { describe, expect, test } from 'vitest';
import { evaluateGraph, type HostTensor } from '../../graph';
import { randomNormal } from '../../numeric/random';
import type { ModelGraph } from '../build-graph';
import { readModelCase, relativeError } from '../testing/golden';
import { buildWanVaeDecoderGraph, buildWanVaeEncoderGraph, isCarried } from './build';
import { parseWanVaeConfig } from './vae-config';

/** What rounding of f32 may change: the parts add up in another order than the whole. */
const tolerance = 1e-6;

const { golden } = readModelCase('wan_vae');
const config = parseWanVaeConfig(golden.config, golden.name);

/** Values [1, C, F, H, W] of some frames. */
function framesOf(values: Float32Array, [channels, frames, size]: readonly number[], first: number, end: number): Float32Array {
  const parts = Array.from({ length: channels }, (_, c) => values.subarray((c * frames + first) * size, (c * frames + end) * size));
  return Float32Array.from(parts.flatMap((part) => [...part]));
}

/** Runs part after part; what a later one takes and an earlier one did not give is zeros. */
async function inParts(
  parts: readonly { model: ModelGraph; input: string; data: Float32Array }[],
  output: string,
): Promise<Float32Array[]> {
  const { read } = await golden.openWeights('model');
  const results: Float32Array[] = [];
  let carried: Record<string, HostTensor['data']> = {};
  for (const { model, input, data } of parts) {
    const inputs: Record<string, HostTensor['data']> = { [input]: data };
    for (const [name, { shape }] of model.inputs) {
      if (isCarried(name)) inputs[name] = carried[name] ?? new Float32Array(shape.reduce((product, size) => product * size, 1));
    }
    const outputs = await evaluateGraph(model.graph, inputs, read);
    carried = Object.fromEntries([...outputs].flatMap(([name, { data: kept }]) => (isCarried(name) ? [[name, kept]] : [])));
    const made = outputs.get(output)?.data;
    if (!(made instanceof Float32Array)) throw new Error(`no ${output}`);
    results.push(made);
  }
  return results;
}

describe('the VAE of Wan in parts is the VAE at once', () => {
  const sizes = { batch: 1, height: 2, width: 3 };
  test.each([[[1]], [[1, 1, 1, 1]], [[1, 2, 1]], [[1, 3]]])('decoding latent frames %j', async (lengths) => {
    const frames = lengths.reduce((sum, length) => sum + length, 0);
    const latents = randomNormal(3, 0, config.z_dim * frames * 6);
    const { read } = await golden.openWeights('model');
    const whole = await evaluateGraph(buildWanVaeDecoderGraph(config, { ...sizes, frames }).graph, { latents }, read);
    let first = 0;
    const parts = lengths.map((length, k) => {
      const model = buildWanVaeDecoderGraph(config, { ...sizes, frames: length, part: k === 0 ? 'first' : 'later' });
      const data = framesOf(latents, [config.z_dim, frames, 6], first, (first += length));
      return { model, input: 'latents', data };
    });
    const made = await inParts(parts, 'sample');
    const expected = whole.get('sample')?.data;
    if (!(expected instanceof Float32Array)) throw new Error('no sample');
    let at = 0;
    const all = (frames - 1) * 4 + 1;
    for (const part of made) {
      const count = part.length / (3 * 16 * 24);
      const own = framesOf(expected, [3, all, 16 * 24], at, (at += count));
      expect(relativeError(part, own)).toBeLessThan(tolerance);
    }
    expect(at).toBe(all);
  });

  test.each([[[1]], [[1, 4, 4]], [[1, 8]]])('encoding frames %j', async (lengths) => {
    const frames = lengths.reduce((sum, length) => sum + length, 0);
    const video = randomNormal(4, 0, 3 * frames * 16 * 24);
    const { read } = await golden.openWeights('model');
    const pixels = { batch: 1, height: 16, width: 24 };
    const whole = await evaluateGraph(buildWanVaeEncoderGraph(config, { ...pixels, frames }).graph, { video }, read);
    let first = 0;
    const parts = lengths.map((length, k) => {
      const model = buildWanVaeEncoderGraph(config, { ...pixels, frames: length, part: k === 0 ? 'first' : 'later' });
      return { model, input: 'video', data: framesOf(video, [3, frames, 16 * 24], first, (first += length)) };
    });
    const made = await inParts(parts, 'moments');
    const expected = whole.get('moments')?.data;
    if (!(expected instanceof Float32Array)) throw new Error('no moments');
    let at = 0;
    const all = (frames - 1) / 4 + 1;
    for (const part of made) {
      const count = part.length / (2 * config.z_dim * 6);
      expect(relativeError(part, framesOf(expected, [2 * config.z_dim, all, 6], at, (at += count)))).toBeLessThan(tolerance);
    }
    expect(at).toBe(all);
  });

  test('the first part is one frame', () => {
    expect(() => buildWanVaeDecoderGraph(config, { ...sizes, frames: 2, part: 'first' })).toThrow(/one frame/);
  });
});
