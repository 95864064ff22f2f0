import { add, cast, layerNorm, multiply, reshape, rmsNorm, type Tensor, type Tracer } from '../../graph';
import { attentionLayer, type AttentionLayerOptions } from '../attention-layer';
import { captureNothing, type Capture } from '../capture';
import { feedForward } from '../feed-forward';
import { captionProjection, linearLayer, maskedScores, modulate, modulationRows, rmsNormLayer, splitLast } from '../layers';
import { timestepModulation } from '../timestep-embedder';
import { joinRows, type Perturbation, perturbationsOfRows, requirePerturbations, rowChoice, takeRows } from '../perturbations';
import { innerDim, outChannels, type LtxTransformerConfig } from './transformer-config';

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
  perturbations: readonly Perturbation[] = [],
  capture: Capture = captureNothing,
): Tensor {
  const width = innerDim(config);
  const [batch] = inputs.encoderHiddenStates.shape;
  requirePerturbations(perturbations, config.num_layers, batch);

  let hidden = cast(linearLayer('proj_in', inputs.hiddenStates, width), 'f32');
  capture('proj_in', () => hidden);

  const { modulation, embedded } = tracer.scope('time_embed', () => timestepModulation(inputs.timestepSinusoid, width, 6));
  capture('time_embed.0', () => reshape(modulation, [-1, 6 * width]));
  capture('time_embed.1', () => reshape(embedded, [-1, width]));

  const text = tracer.scope('caption_projection', () => captionProjection(inputs.encoderHiddenStates, width));
  capture('caption_projection', () => text);

  const context: LtxBlockContext = {
    config,
    text,
    textBias: inputs.encoderAttentionMask === undefined ? undefined : maskedScores(inputs.encoderAttentionMask),
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

  const [shift, scale] = modulationRows('scale_shift_table', 2, [embedded, embedded]);
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
  readonly perturbations: readonly Perturbation[];
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

/** What self-attention over some samples of the batch needs. */
type SelfAttentionContext = Pick<LtxBlockContext, 'config' | 'rotaryCos' | 'rotarySin' | 'perturbations'>;

function rowsOfBlock(context: LtxBlockContext, rows: readonly number[], batch: number): SelfAttentionContext {
  if (rows.length === batch) return context;
  const { config, perturbations, rotaryCos, rotarySin } = context;
  const cut = { rotaryCos: takeRows(rotaryCos, rows, batch), rotarySin: takeRows(rotarySin, rows, batch) };
  return { config, ...cut, perturbations: perturbationsOfRows(perturbations, rows) };
}

function selfAttention(x: Tensor, index: number, { config, rotaryCos, rotarySin, perturbations }: SelfAttentionContext): Tensor {
  return attentionLayer(x, {
    ...attentionOptions(config),
    rotary: { cos: rotaryCos, sin: rotarySin },
    attending: rowChoice(perturbations, 'attention-values', index, x.shape[0]),
  });
}

function crossAttention(x: Tensor, { config, text, textBias }: LtxBlockContext): Tensor {
  return attentionLayer(x, { ...attentionOptions(config), context: text, ...(textBias === undefined ? {} : { bias: textBias }) });
}

function attentionOptions(
  config: LtxTransformerConfig,
): Pick<AttentionLayerOptions, 'heads' | 'normEps' | 'projectionBias' | 'outputBias'> {
  return {
    heads: config.num_attention_heads,
    normEps: queryKeyNormEps,
    projectionBias: config.attention_bias,
    outputBias: config.attention_out_bias,
  };
}
