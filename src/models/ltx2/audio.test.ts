import { describe, expect, test } from 'vitest';
import { evaluateGraph } from '../../graph';
import { relativeError } from '../testing/golden';
import { madeWeights } from '../testing/made-weights';
import { parameterShapes } from '../build';
import type { ModelGraph } from '../build-graph';
import { parseLtx2AudioVaeConfig } from './audio-vae-config';
import { buildAudioVaeDecoderGraph, buildAudioVaeEncoderGraph, buildVocoderGraph } from './build-audio';
import { parseLtx2VocoderConfig } from './vocoder-config';

const values = (count: number, seed = 0): Float32Array => Float32Array.from({ length: count }, (_, k) => Math.sin(seed + 0.7 * k));

async function evaluate(
  model: ModelGraph,
  input: string,
  data: Float32Array,
  output: string,
): Promise<{ shape: readonly number[]; data: Float32Array }> {
  const result = (await evaluateGraph(model.graph, { [input]: data }, madeWeights(model))).get(output);
  if (!(result?.data instanceof Float32Array)) throw new Error(`no ${output}`);
  return { shape: result.shape, data: result.data };
}

const vae = { base_channels: 8, latent_channels: 3, mel_bins: 8, num_res_blocks: 1 };

describe('an audio VAE', () => {
  test.each([
    [{}, [1, 2, 13, 8]],
    [{ mel_bins: null }, [1, 2, 13, 2]],
    [{ ch_mult: [1, 2] }, [1, 2, 13, 8]],
    [{ causality_axis: 'none' }, [1, 2, 13, 8]],
    [{ causality_axis: 'width' }, [1, 2, 13, 8]],
    [{ base_channels: 32, norm_type: 'group', causality_axis: 'none' }, [1, 2, 13, 8]],
    [{ mid_block_add_attention: true, attn_resolutions: [64] }, [1, 2, 13, 8]],
    [{ output_channels: 1 }, [1, 1, 13, 8]],
  ])('of %j decodes 4 latents to 13 frames', async (fields, shape) => {
    const config = parseLtx2AudioVaeConfig({ ...vae, ...fields });
    const decoder = buildAudioVaeDecoderGraph(config, { batch: 1, frames: 4, bins: 2 });
    const { shape: found, data } = await evaluate(decoder, 'latents', values(3 * 4 * 2), 'mel');
    expect(found).toEqual(shape);
    expect(data.every(Number.isFinite)).toBe(true);
    expect([...parameterShapes(decoder.graph).keys()].some((name) => name.includes('.attn'))).toBe('attn_resolutions' in fields);
  });

  test('is causal in time: what comes later changes no earlier frame', async () => {
    const config = parseLtx2AudioVaeConfig(vae);
    const decoder = buildAudioVaeDecoderGraph(config, { batch: 1, frames: 4, bins: 2 });
    const encoder = buildAudioVaeEncoderGraph(config, { batch: 1, frames: 13, melBins: 8 });
    const latents = values(3 * 4 * 2);
    // The last latent frame of every channel.
    const other = latents.map((value, k) => (Math.floor(k / 2) % 4 === 3 ? -value : value));
    const [first, second] = [await evaluate(decoder, 'latents', latents, 'mel'), await evaluate(decoder, 'latents', other, 'mel')];
    const changed = [...first.data].flatMap((value, k) => (value === second.data[k] ? [] : [Math.floor(k / 8) % 13]));
    expect(Math.min(...changed)).toBe(9);
    const moments = await evaluate(encoder, 'mel', values(2 * 13 * 8), 'moments');
    expect(moments.shape).toEqual([1, 6, 4, 2]);
  });

  test('treats the samples of a batch apart', async () => {
    const config = parseLtx2AudioVaeConfig(vae);
    const [one, two] = [1, 2].map((batch) => buildAudioVaeDecoderGraph(config, { batch, frames: 3, bins: 2 }));
    const both = await evaluate(two, 'latents', values(2 * 18), 'mel');
    const second = await evaluate(one, 'latents', values(2 * 18).slice(18), 'mel');
    expect(relativeError(both.data.slice(both.data.length / 2), second.data)).toBeLessThan(1e-6);
  });
});

const generator = {
  in_channels: 8,
  hidden_channels: 12,
  upsample_kernel_sizes: [5, 4],
  upsample_factors: [3, 2],
  resnet_kernel_sizes: [3],
  resnet_dilations: [[1, 2]],
};
const extension = {
  bwe_in_channels: 8,
  bwe_hidden_channels: 8,
  bwe_upsample_kernel_sizes: [4, 7],
  bwe_upsample_factors: [4, 3],
  bwe_resnet_kernel_sizes: [3],
  bwe_resnet_dilations: [[1]],
  filter_length: 16,
  window_length: 16,
  hop_length: 4,
  num_mel_channels: 4,
};

describe('a vocoder', () => {
  test.each([
    ['leaky ReLU', generator, 30],
    ['snake', { ...generator, act_fn: 'snake', final_act_fn: 'clamp' }, 30],
    ['filtered snake', { ...generator, act_fn: 'snakebeta', antialias: true, final_act_fn: null, final_bias: false }, 30],
    ['an odd kernel', { ...generator, upsample_kernel_sizes: [4, 4] }, 32],
    ['bandwidth extension', { ...generator, ...extension }, 90],
  ])('of %s treats the samples of a batch apart', async (_, fields, samples) => {
    const config = parseLtx2VocoderConfig(fields);
    const [one, two] = [1, 2].map((batch) => buildVocoderGraph(config, { batch, channels: 2, frames: 5 }));
    const both = await evaluate(two, 'mel', values(2 * 40), 'sample');
    const second = await evaluate(one, 'mel', values(2 * 40).slice(40), 'sample');
    // 5 frames by 6 samples, by 3 where the band is extended; a kernel that is odd beside its step adds a sample.
    expect(both.shape).toEqual([2, 2, samples]);
    expect(relativeError(both.data.slice(both.data.length / 2), second.data)).toBeLessThan(1e-6);
  });

  test('with bandwidth extension is f32 throughout, whatever the storage type', () => {
    const { graph } = buildVocoderGraph(parseLtx2VocoderConfig({ ...generator, ...extension }), {
      batch: 1,
      channels: 2,
      frames: 5,
      dtype: 'f16',
    });
    expect(new Set(graph.nodes.map(({ dtype }) => dtype))).toEqual(new Set(['f32']));
  });
});
