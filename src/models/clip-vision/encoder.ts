import { add, attention, broadcastTo, cast, concat, geluErf, multiply, reshape, sigmoid, type Tensor } from '../../graph';
import { buildGraph, requirePositive, type BuildOptions, type ModelGraph } from '../build-graph';
import { conv2dLayer, layerNormLayer, linearLayer, splitLast } from '../layers';
import { channelsLast } from '../layouts';
import { clipVisionTokens, type ClipVisionConfig } from './config';

/**
 * The image encoder of CLIP (Radford et al. 2021; `transformers.CLIPVisionModel`), as far as the states before its last layer.
 * @param pixels [B, 3, S, S], normalised
 * @returns [B, (S / patch)^2 + 1, hidden_size] f32
 */
export function clipVisionEncoder(pixels: Tensor, config: ClipVisionConfig): Tensor {
  const { tracer } = pixels;
  const [batch] = pixels.shape;
  const { hidden_size: width, layer_norm_eps: eps } = config;
  let hidden = tracer.scope('embeddings', () => embeddings(pixels, config));
  hidden = cast(layerNormLayer('pre_layrnorm', hidden, eps), 'f32');
  for (let index = 0; index < config.num_hidden_layers - 1; index++) {
    hidden = tracer.scope(`encoder.layers.${index}`, () => {
      const normed = layerNormLayer('layer_norm1', hidden, eps);
      const attended = tracer.scope('self_attn', () => selfAttention(normed, config));
      const afterAttention = add(hidden, attended);
      const normedAgain = layerNormLayer('layer_norm2', afterAttention, eps);
      const fed = tracer.scope('mlp', () => feedForward(normedAgain, config));
      return add(afterAttention, fed);
    });
  }
  return reshape(hidden, [batch, clipVisionTokens(config), width]);
}

/** A vector for the whole image, then one for each patch, each with that of its place: [B, N, hidden_size] f32. */
function embeddings(pixels: Tensor, config: ClipVisionConfig): Tensor {
  const { tracer } = pixels;
  const [batch] = pixels.shape;
  const { hidden_size: width, patch_size: patch, fused } = config;
  const tokens = clipVisionTokens(config);
  const none = [0, 0] as const;
  const patches = conv2dLayer('patch_embedding', channelsLast(pixels), width, {
    kernel: [patch, patch],
    stride: [patch, patch],
    padding: [none, none],
    bias: false,
  });
  const ofImage = tracer.parameter('class_embedding', fused ? [1, 1, width] : [width]);
  const positions = tracer.parameter('position_embedding.weight', fused ? [1, tokens, width] : [tokens, width]);
  const first = broadcastTo(reshape(ofImage, [1, 1, width]), [batch, 1, width]);
  const all = concat([cast(first, 'f32'), cast(reshape(patches, [batch, tokens - 1, width]), 'f32')], 1);
  return add(all, reshape(positions, [1, tokens, width]));
}

function selfAttention(x: Tensor, { hidden_size: width, num_attention_heads: heads, fused }: ClipVisionConfig): Tensor {
  const [batch, tokens] = x.shape;
  const projected = fused
    ? splitLast(linearLayer('to_qkv', x, 3 * width), 3)
    : ['q_proj', 'k_proj', 'v_proj'].map((name) => linearLayer(name, x, width));
  const [query, key, value] = projected.map((part) => reshape(part, [batch, tokens, heads, width / heads]));
  return linearLayer('out_proj', reshape(attention(query, key, value), [batch, tokens, width]), width);
}

function feedForward(x: Tensor, { hidden_size, intermediate_size, hidden_act }: ClipVisionConfig): Tensor {
  const wide = linearLayer('fc1', x, intermediate_size);
  const active = hidden_act === 'gelu' ? geluErf(wide) : multiply(wide, sigmoid(multiply(wide, 1.702)));
  return linearLayer('fc2', active, hidden_size);
}

/** Input `pixel_values` [B, 3, S, S] f32, normalised; output `hidden_states` [B, N, hidden_size] f32, those before the last layer. */
export function buildClipVisionGraph(config: ClipVisionConfig, options: BuildOptions & { readonly batch: number }): ModelGraph {
  const { batch } = options;
  requirePositive('clip vision', { batch });
  const { image_size: size } = config;
  return buildGraph(options, (tracer) => ({
    hidden_states: clipVisionEncoder(tracer.input('pixel_values', [batch, 3, size, size], 'f32'), config),
  }));
}
