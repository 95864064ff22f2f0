import { add, cast, layerNorm, multiply, permute, reshape, silu, slice, type Tensor } from '../../graph';
import { attentionLayer, type RotaryTensors } from '../attention-layer';
import { captureNothing, type Capture } from '../capture';
import { feedForward } from '../feed-forward';
import { captionProjection, conv3dLayer, layerNormLayer, linearLayer, modulate, rowsOf } from '../layers';
import { channelsFirst, channelsLast } from '../layouts';
import { joinRows, type Perturbation, perturbationsOfRows, requirePerturbations, rowChoice, takeRows } from '../perturbations';
import { wanWidth, type WanTransformerConfig } from './transformer-config';

/** Epsilon of the norms around the image's embedding; not configurable in the reference. */
const imageNormEps = 1e-5;

export interface WanTransformerInputs {
  /** Latents [B, C, F, H, W], f32. */
  readonly hiddenStates: Tensor;
  /** Sinusoid of each sample's timestep, [B, 1, freq_dim] f32. */
  readonly timestepSinusoid: Tensor;
  /** States of the text encoder [B, M, text_dim], padding zeroed: there is no mask. */
  readonly encoderHiddenStates: Tensor;
  /** The image's embedding [B, K, image_dim], where the model reads one. */
  readonly encoderHiddenStatesImage?: Tensor;
  /** [1, N, 1, head / 2] f32. */
  readonly rotary: RotaryTensors;
}

/**
 * `WanTransformer3DModel` (Wan 2.1): tokens of `patch_size` attend to each other and to the text, and to an image where there is one,
 * under modulation by the timestep.
 * @param perturbations what is left out of some blocks for some samples of the batch
 * @returns the prediction [B, out_channels, F, H, W]
 */
export function wanTransformer(
  config: WanTransformerConfig,
  inputs: WanTransformerInputs,
  perturbations: readonly Perturbation[] = [],
  capture: Capture = captureNothing,
): Tensor {
  const { tracer } = inputs.hiddenStates;
  const width = wanWidth(config);
  const patches = patchEmbedding(inputs.hiddenStates, config);
  capture('patch_embedding', () => channelsFirst(patches));
  const [batch, frames, rows, columns] = patches.shape;
  requirePerturbations(perturbations, config.num_layers, batch);
  const condition = tracer.scope('condition_embedder', () => embedConditions(inputs, width));
  capture('condition_embedder.0', () => reshape(condition.embedded, [batch, width]));
  capture('condition_embedder.1', () => reshape(condition.modulation, [batch, 6 * width]));
  capture('condition_embedder.2', () => condition.text);
  const { image } = condition;
  if (image !== undefined) capture('condition_embedder.3', () => image);
  const timestepRows = Array.from({ length: 6 }, (_, row) => slice(condition.modulation, 2, row * width, width));

  const context: BlockContext = { ...condition, timestepRows, rotary: inputs.rotary, perturbations };
  let hidden = reshape(patches, [batch, frames * rows * columns, width]);
  for (let index = 0; index < config.num_layers; index++) {
    const input = hidden;
    const { usual, perturbed } = rowChoice(perturbations, 'block', index, batch);
    hidden = joinRows(
      { usual, perturbed },
      () =>
        tracer.scope(`blocks.${index}`, () => wanBlock(takeRows(input, usual, batch), index, config, rowsOfContext(context, usual, batch))),
      () => takeRows(input, perturbed, batch),
    );
    const block = hidden;
    capture(`blocks.${index}`, () => block);
  }
  const [shift, scale] = rowsOf(reshape(tracer.parameter('scale_shift_table', [1, 2, width]), [2, width]));
  const normed = modulate(layerNorm(hidden, { eps: config.eps }), add(shift, condition.embedded), add(scale, condition.embedded));
  const [patchFrames, patchRows, patchColumns] = config.patch_size;
  const projected = linearLayer('proj_out', normed, config.out_channels * patchFrames * patchRows * patchColumns);
  const blocks = reshape(projected, [batch, frames, rows, columns, patchFrames, patchRows, patchColumns, config.out_channels]);
  const size = [batch, config.out_channels, frames * patchFrames, rows * patchRows, columns * patchColumns];
  return reshape(permute(blocks, [0, 7, 1, 4, 2, 5, 3, 6]), size);
}

/** One vector for each patch of the latents: [B, F/f, H/h, W/w, width], f32. */
function patchEmbedding(latents: Tensor, config: WanTransformerConfig): Tensor {
  const { patch_size } = config;
  const none = [0, 0] as const;
  const options = { kernel: patch_size, stride: patch_size, padding: [none, none, none] as const };
  return cast(conv3dLayer('patch_embedding', channelsLast(latents), wanWidth(config), options), 'f32');
}

interface Conditions {
  /** [B, 1, width] */
  readonly embedded: Tensor;
  /** [B, 1, 6 width] */
  readonly modulation: Tensor;
  readonly text: Tensor;
  readonly image?: Tensor;
}

/** Timestep, text and image as the blocks read them. */
function embedConditions(inputs: WanTransformerInputs, width: number): Conditions {
  const { tracer } = inputs.hiddenStates;
  const embedded = tracer.scope('time_embedder', () =>
    linearLayer('linear_2', silu(linearLayer('linear_1', inputs.timestepSinusoid, width)), width),
  );
  const modulation = linearLayer('time_proj', silu(embedded), 6 * width);
  const text = tracer.scope('text_embedder', () => captionProjection(inputs.encoderHiddenStates, width));
  const { encoderHiddenStatesImage: states } = inputs;
  if (states === undefined) return { embedded, modulation, text };
  const image = tracer.scope('image_embedder', () => {
    const normed = layerNormLayer('norm1', states, imageNormEps);
    const channels = states.shape[states.shape.length - 1];
    const fed = tracer.scope('ff', () => feedForward(normed, 'gelu', { hidden: channels, channels: width }));
    return layerNormLayer('norm2', fed, imageNormEps);
  });
  return { embedded, modulation, text, image };
}

interface BlockContext extends Pick<Conditions, 'text' | 'image'> {
  /** Shift, scale and gate of self-attention, then of the feed-forward layer, each [B, 1, width]. */
  readonly timestepRows: readonly Tensor[];
  readonly rotary: RotaryTensors;
  /** `block` is seen to outside of {@link wanBlock}, `attention` and `attention-values` inside. */
  readonly perturbations: readonly Perturbation[];
}

/** What a block reads, for some samples of the batch. */
function rowsOfContext(context: BlockContext, rows: readonly number[], batch: number): BlockContext {
  if (rows.length === batch) return context;
  const take = (x: Tensor): Tensor => takeRows(x, rows, batch);
  return {
    text: take(context.text),
    ...(context.image === undefined ? {} : { image: take(context.image) }),
    timestepRows: context.timestepRows.map(take),
    rotary: { cos: take(context.rotary.cos), sin: take(context.rotary.sin) },
    perturbations: perturbationsOfRows(context.perturbations, rows),
  };
}

/**
 * One block in the current scope (`WanTransformerBlock`).
 * @param hidden residual stream [B, N, width] f32
 */
function wanBlock(hidden: Tensor, index: number, config: WanTransformerConfig, context: BlockContext): Tensor {
  const { text, image, timestepRows, perturbations } = context;
  const { tracer } = hidden;
  const width = wanWidth(config);
  const table = rowsOf(reshape(tracer.parameter('scale_shift_table', [1, 6, width]), [6, width]));
  const [shift, scale, gate, shiftFeed, scaleFeed, gateFeed] = timestepRows.map((row, place) => add(row, table[place]));
  const options = { heads: config.num_attention_heads, normEps: config.eps, projectionBias: true, outputBias: true };
  const normed = modulate(layerNorm(hidden, { eps: config.eps }), shift, scale);
  const [batch] = hidden.shape;
  const attending = rowChoice(perturbations, 'attention', index, batch);
  const attended = joinRows(
    attending,
    () => {
      const own = rowsOfContext(context, attending.usual, batch);
      const values = rowChoice(own.perturbations, 'attention-values', index, attending.usual.length);
      const rows = takeRows(normed, attending.usual, batch);
      return tracer.scope('attn1', () => attentionLayer(rows, { ...options, rotary: own.rotary, attending: values }));
    },
    () => takeRows(normed, attending.perturbed, batch),
  );
  const withSelf = add(hidden, multiply(attended, gate, 'f32'));
  const query = config.cross_attn_norm ? layerNormLayer('norm2', withSelf, config.eps) : withSelf;
  const read = tracer.scope('attn2', () =>
    attentionLayer(query, { ...options, context: text, ...(image === undefined ? {} : { addedContext: image }) }),
  );
  const withText = add(withSelf, read);
  const feeding = modulate(layerNorm(withText, { eps: config.eps }), shiftFeed, scaleFeed);
  const fed = tracer.scope('ffn', () => feedForward(feeding, 'gelu-approximate', { hidden: config.ffn_dim }));
  return add(withText, multiply(fed, gateFeed, 'f32'));
}
