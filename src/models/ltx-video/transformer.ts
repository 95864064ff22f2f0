import {
  add,
  attention,
  cast,
  geluTanh,
  layerNorm,
  multiply,
  reshape,
  rmsNorm,
  rope,
  silu,
  subtract,
  type Tensor,
  type Tracer,
} from '../../graph';
import { captureNothing, type Capture } from '../capture';
import { feedForward } from '../feed-forward';
import { linearLayer, modulationRows, rmsNormLayer, splitLast } from '../layers';
import { timestepEmbedder } from '../timestep-embedder';
import { joinRows, type LtxPerturbation, perturbationsOfRows, requirePerturbations, rowChoice, takeRows } from './perturbations';
import { innerDim, outChannels, type LtxTransformerConfig } from './transformer-config';

/** What is added to the scores of masked text tokens. */
const maskedScore = -10000;

/** Epsilon of the norm on queries and keys, and of the final layer norm; neither is configurable in the reference. */
const queryKeyNormEps = 1e-5;
const finalNormEps = 1e-6;

export interface LtxTransformerInputs {
  /** Packed latents, [B, N, in_channels]. */
  readonly hiddenStates: Tensor;
  /** Text encoder states, [B, M, caption_channels]. */
  readonly encoderHiddenStates: Tensor;
  /** Sinusoid of the timesteps, [B, 1 or N, 256] f32: one timestep a sample, or one a token. */
  readonly timestepSinusoid: Tensor;
  /** [B, M] f32, 1 for text tokens and 0 for padding. */
  readonly encoderAttentionMask?: Tensor;
  /** Rotary tables, [1 or B, N, inner dim / 2] f32: one angle for each pair of channels. */
  readonly rotaryCos: Tensor;
  readonly rotarySin: Tensor;
}

/**
 * The LTX-Video transformer (HaCohen et al. 2024; `LTXVideoTransformer3DModel`): packed latents to the predicted velocity,
 * [B, N, out_channels] f32.
 *
 * The residual stream is kept in f32 whatever the tracer's type; matrices and attention use the tracer's type.
 *
 * @param perturbations what is left out of some blocks for some samples of the batch
 */
export function ltxTransformer(
  tracer: Tracer,
  config: LtxTransformerConfig,
  inputs: LtxTransformerInputs,
  perturbations: readonly LtxPerturbation[] = [],
  capture: Capture = captureNothing,
): Tensor {
  const width = innerDim(config);
  const [batch, textLength] = inputs.encoderHiddenStates.shape;
  requirePerturbations(perturbations, config.num_layers, batch);

  let hidden = cast(linearLayer('proj_in', inputs.hiddenStates, width), 'f32');
  capture('proj_in', () => hidden);

  const { modulation, embeddedTimestep } = tracer.scope('time_embed', () => {
    const embedded = tracer.scope('emb', () => timestepEmbedder(inputs.timestepSinusoid, width));
    return { embeddedTimestep: embedded, modulation: linearLayer('linear', silu(embedded), 6 * width) };
  });
  capture('time_embed.0', () => reshape(modulation, [-1, 6 * width]));
  capture('time_embed.1', () => reshape(embeddedTimestep, [-1, width]));

  const text = tracer.scope('caption_projection', () => captionProjection(inputs.encoderHiddenStates, width));
  capture('caption_projection', () => text);

  const context: LtxBlockContext = {
    config,
    text,
    textBias:
      inputs.encoderAttentionMask === undefined
        ? undefined
        : reshape(multiply(subtract(1, inputs.encoderAttentionMask), maskedScore), [batch, 1, 1, textLength]),
    // Every block reads the same six rows: cut once.
    timestepRows: splitLast(modulation, 6),
    rotaryCos: inputs.rotaryCos,
    rotarySin: inputs.rotarySin,
    perturbations,
    capture,
  };
  const contextOfRows = rowContexts(context, batch);
  for (let index = 0; index < config.num_layers; index++) {
    const input = hidden;
    const { usual, perturbed } = rowChoice(perturbations, 'block', index, batch);
    hidden = joinRows(
      { usual, perturbed },
      () =>
        tracer.scope(`transformer_blocks.${index}`, () => ltxTransformerBlock(takeRows(input, usual, batch), index, contextOfRows(usual))),
      () => takeRows(input, perturbed, batch),
    );
    capture(`transformer_blocks.${index}`, () => hidden);
  }

  const [shift, scale] = modulationRows('scale_shift_table', 2, [embeddedTimestep, embeddedTimestep]);
  const modulated = modulate(layerNorm(hidden, { eps: finalNormEps }), shift, scale);
  return cast(linearLayer('proj_out', modulated, outChannels(config)), 'f32');
}

/** What the blocks of a transformer share. */
export interface LtxBlockContext {
  readonly config: LtxTransformerConfig;
  readonly text: Tensor;
  readonly textBias: Tensor | undefined;
  readonly timestepRows: readonly Tensor[];
  readonly rotaryCos: Tensor;
  readonly rotarySin: Tensor;
  /** `block` is seen to outside of {@link ltxTransformerBlock}, the other kinds inside. */
  readonly perturbations: readonly LtxPerturbation[];
  readonly capture: Capture;
}

/** What the blocks of a transformer share, for some samples of the batch; each set of samples is cut once. */
function rowContexts(context: LtxBlockContext, batch: number): (rows: readonly number[]) => LtxBlockContext {
  const known = new Map<string, LtxBlockContext>([[Array.from({ length: batch }, (_, row) => row).join(), context]]);
  return (rows) => {
    const key = rows.join();
    const found = known.get(key);
    if (found !== undefined) return found;
    const take = (x: Tensor): Tensor => takeRows(x, rows, batch);
    const cut: LtxBlockContext = {
      ...context,
      text: take(context.text),
      textBias: context.textBias === undefined ? undefined : take(context.textBias),
      timestepRows: context.timestepRows.map(take),
      rotaryCos: take(context.rotaryCos),
      rotarySin: take(context.rotarySin),
      perturbations: perturbationsOfRows(context.perturbations, rows),
    };
    known.set(key, cut);
    return cut;
  };
}

/**
 * One block of the LTX-Video transformer in the current scope.
 * @param hidden residual stream, [B, N, inner dim] f32.
 * @returns the same shape.
 */
export function ltxTransformerBlock(hidden: Tensor, index: number, context: LtxBlockContext): Tensor {
  const { tracer, shape } = hidden;
  const { config, perturbations, capture } = context;
  const [batch] = shape;
  const [shiftAttention, scaleAttention, gateAttention, shiftFeedForward, scaleFeedForward, gateFeedForward] = modulationRows(
    'scale_shift_table',
    6,
    context.timestepRows,
  );

  const normed = modulate(blockNorm('norm1', hidden, config), shiftAttention, scaleAttention);
  const attending = rowChoice(perturbations, 'attention', index, batch);
  const attended = joinRows(
    attending,
    () =>
      tracer.scope('attn1', () =>
        selfAttention(takeRows(normed, attending.usual, batch), index, rowsOfBlock(context, attending.usual, batch)),
      ),
    () => takeRows(normed, attending.perturbed, batch),
  );
  capture(`transformer_blocks.${index}.attn1`, () => attended);
  const afterAttention = add(hidden, multiply(attended, gateAttention, 'f32'));

  const fromText = tracer.scope('attn2', () => crossAttention(afterAttention, context));
  capture(`transformer_blocks.${index}.attn2`, () => fromText);
  const afterText = add(afterAttention, fromText);

  const normedAgain = modulate(blockNorm('norm2', afterText, config), shiftFeedForward, scaleFeedForward);
  const feeding = rowChoice(perturbations, 'feed-forward', index, batch);
  const fed = joinRows(
    feeding,
    () => tracer.scope('ff', () => feedForward(takeRows(normedAgain, feeding.usual, batch), config.activation_fn)),
    () => takeRows(normedAgain, feeding.perturbed, batch),
  );
  capture(`transformer_blocks.${index}.ff`, () => fed);
  return add(afterText, multiply(fed, gateFeedForward, 'f32'));
}

function blockNorm(name: string, x: Tensor, { norm_eps, norm_elementwise_affine }: LtxTransformerConfig): Tensor {
  return norm_elementwise_affine ? rmsNormLayer(name, x, norm_eps) : rmsNorm(x, { eps: norm_eps });
}

/** x * (1 + scale) + shift, in the tracer's type: what matrices read. */
function modulate(x: Tensor, shift: Tensor, scale: Tensor): Tensor {
  return add(multiply(x, add(scale, 1)), shift, x.tracer.dtype);
}

/** What self-attention over some samples of the batch needs. */
type SelfAttentionContext = Pick<LtxBlockContext, 'config' | 'rotaryCos' | 'rotarySin' | 'perturbations'>;

function rowsOfBlock(context: LtxBlockContext, rows: readonly number[], batch: number): SelfAttentionContext {
  if (rows.length === batch) return context;
  const { config, perturbations, rotaryCos, rotarySin } = context;
  const cut = { rotaryCos: takeRows(rotaryCos, rows, batch), rotarySin: takeRows(rotarySin, rows, batch) };
  return { config, ...cut, perturbations: perturbationsOfRows(perturbations, rows) };
}

function selfAttention(x: Tensor, index: number, context: SelfAttentionContext): Tensor {
  const { config, rotaryCos, rotarySin, perturbations } = context;
  const [batch] = x.shape;
  const value = projection('to_v', x, config);
  const choice = rowChoice(perturbations, 'attention-values', index, batch);
  const take = (tensor: Tensor): Tensor => takeRows(tensor, choice.usual, batch);
  const mixed = joinRows(
    choice,
    () => {
      const [cos, sin] = [take(rotaryCos), take(rotarySin)];
      const rotated = (name: string, norm: string): Tensor =>
        rope(rmsNormLayer(norm, projection(name, take(x), config), queryKeyNormEps), cos, sin, { layout: 'interleaved' });
      return attend(rotated('to_q', 'norm_q'), rotated('to_k', 'norm_k'), take(value), config);
    },
    () => takeRows(value, choice.perturbed, batch),
  );
  return output(mixed, config);
}

function crossAttention(x: Tensor, context: LtxBlockContext): Tensor {
  const { config, text } = context;
  const query = rmsNormLayer('norm_q', projection('to_q', x, config), queryKeyNormEps);
  const key = rmsNormLayer('norm_k', projection('to_k', text, config), queryKeyNormEps);
  return output(attend(query, key, projection('to_v', text, config), config, context.textBias), config);
}

function projection(name: string, x: Tensor, config: LtxTransformerConfig): Tensor {
  return linearLayer(name, x, innerDim(config), { bias: config.attention_bias });
}

function output(x: Tensor, config: LtxTransformerConfig): Tensor {
  return linearLayer('to_out.0', x, innerDim(config), { bias: config.attention_out_bias });
}

/** Attention of [B, N, inner] queries over [B, M, inner] keys and values, by heads. */
function attend(query: Tensor, key: Tensor, value: Tensor, config: LtxTransformerConfig, bias?: Tensor): Tensor {
  const heads = (x: Tensor): Tensor => reshape(x, [x.shape[0], x.shape[1], config.num_attention_heads, config.attention_head_dim]);
  const attended = attention(heads(query), heads(key), heads(value), bias === undefined ? {} : { bias });
  return reshape(attended, query.shape);
}

/** Text states to the model's width: linear, tanh GELU, linear (PixArt-alpha). */
function captionProjection(text: Tensor, width: number): Tensor {
  return linearLayer('linear_2', geluTanh(linearLayer('linear_1', text, width)), width);
}
