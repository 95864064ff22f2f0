import { cast, layerNorm, reshape, type Tensor, type Tracer } from '../../graph';
import type { RotaryTensors } from '../attention-layer';
import { captureNothing, type Capture } from '../capture';
import { captionProjection, linearLayer, maskedScores, modulate, modulationRows, splitLast } from '../layers';
import { joinRows, requirePerturbations, rowChoice, takeRows, type Perturbation } from '../perturbations';
import { timestepModulation } from '../timestep-embedder';
import {
  contextOfRows,
  ltx2TransformerBlock,
  ofBoth,
  type Ltx2BlockContext,
  type Ltx2StreamContext,
  type OfBoth,
} from './transformer-block';
import { modulatesText, streamShape, type Ltx2TransformerConfig, type Modality } from './transformer-config';

/** Epsilon of the final layer norms; not configurable in the reference. */
const finalNormEps = 1e-6;

/** What one stream is given. Sinusoids are [B, 1 or N, 256] f32 (see `timestepInput`). */
export interface Ltx2StreamInputs {
  /** Packed latents, [B, N, channels]. */
  readonly hiddenStates: Tensor;
  /** Text as the connectors make it, [B, M, channels]. */
  readonly encoderHiddenStates: Tensor;
  /** [B, M] f32, 1 for text tokens and 0 for padding; absent where every token counts. */
  readonly encoderAttentionMask?: Tensor;
  /** Of the timesteps of the tokens: one a sample, or one a token. */
  readonly timestepSinusoid: Tensor;
  /** Of the timestep of the sample, which modulates the text; absent where nothing follows it. */
  readonly promptSinusoid?: Tensor;
  /** Of the timestep that modulates what this stream and the other tell each other. */
  readonly exchangeSinusoid: Tensor;
  /** Of the same on the scale of the gates. */
  readonly exchangeGateSinusoid: Tensor;
  /** Positions, [1, N, heads, pairs of a head] f32; and those in time alone. */
  readonly rotary: RotaryTensors;
  readonly exchangeRotary: RotaryTensors;
}

/** How clips differ from usual ones. */
export interface Ltx2Clips {
  /** What is left out of some blocks for some samples of the batch. */
  readonly perturbations?: readonly Perturbation[];
  /** Whether they have no sound, see `Ltx2BlockContext`. Default false. */
  readonly silent?: boolean;
}

/**
 * The LTX-2 transformer (HaCohen et al. 2026; `LTX2VideoTransformer3DModel`): packed latents of picture and sound to their predicted
 * velocities, [B, N, channels] f32 each.
 *
 * The residual streams are kept in f32 whatever the tracer's type; matrices and attention use the tracer's type.
 */
export function ltx2Transformer(
  tracer: Tracer,
  config: Ltx2TransformerConfig,
  inputs: OfBoth<Ltx2StreamInputs>,
  { perturbations = [], silent = false }: Ltx2Clips = {},
  capture: Capture = captureNothing,
): OfBoth<Tensor> {
  const [batch] = inputs.video.encoderHiddenStates.shape;
  requirePerturbations(perturbations, config.num_layers, batch);
  const begun = ofBoth((modality) => beginStream(tracer, config, modality, inputs[modality], capture));
  const context: Ltx2BlockContext = { config, video: begun.video.context, audio: begun.audio.context, perturbations, silent, capture };
  let hidden: OfBoth<Tensor> = { video: begun.video.hidden, audio: begun.audio.hidden };
  for (let index = 0; index < config.num_layers; index++) {
    hidden = blockOfRows(tracer, hidden, index, context);
    const result = hidden;
    capture(`transformer_blocks.${index}.0`, () => result.video);
    capture(`transformer_blocks.${index}.1`, () => result.audio);
  }
  return ofBoth((modality) => {
    const { prefix, outChannels } = streamShape(config, modality);
    const { embedded } = begun[modality];
    const [shift, scale] = modulationRows(`${prefix}scale_shift_table`, 2, [embedded, embedded]);
    const modulated = modulate(layerNorm(hidden[modality], { eps: finalNormEps }), shift, scale);
    return cast(linearLayer(`${prefix}proj_out`, modulated, outChannels), 'f32');
  });
}

/** A block, which some samples of the batch may pass by. */
function blockOfRows(tracer: Tracer, hidden: OfBoth<Tensor>, index: number, context: Ltx2BlockContext): OfBoth<Tensor> {
  const [batch] = hidden.video.shape;
  const choice = rowChoice(context.perturbations, 'block', index, batch);
  if (choice.usual.length === 0) return hidden;
  const done = tracer.scope(`transformer_blocks.${index}`, () =>
    ltx2TransformerBlock(
      ofBoth((modality) => takeRows(hidden[modality], choice.usual, batch)),
      index,
      contextOfRows(context, choice.usual, batch),
    ),
  );
  return ofBoth((modality) =>
    joinRows(
      choice,
      () => done[modality],
      () => takeRows(hidden[modality], choice.perturbed, batch),
    ),
  );
}

interface BegunStream {
  readonly hidden: Tensor;
  readonly embedded: Tensor;
  readonly context: Ltx2StreamContext;
}

/** What stands before the blocks in one stream. */
function beginStream(
  tracer: Tracer,
  config: Ltx2TransformerConfig,
  modality: Modality,
  inputs: Ltx2StreamInputs,
  capture: Capture,
): BegunStream {
  const { prefix, width, modulationRows: rows } = streamShape(config, modality);
  const hidden = cast(linearLayer(`${prefix}proj_in`, inputs.hiddenStates, width), 'f32');
  capture(`${prefix}proj_in`, () => hidden);
  const { modulation, embedded } = tracer.scope(`${prefix}time_embed`, () => timestepModulation(inputs.timestepSinusoid, width, rows));
  capture(`${prefix}time_embed.0`, () => reshape(modulation, [-1, rows * width]));
  capture(`${prefix}time_embed.1`, () => reshape(embedded, [-1, width]));
  const rowsOf = (name: string, sinusoid: Tensor, count: number): Tensor[] =>
    splitLast(tracer.scope(name, () => timestepModulation(sinusoid, width, count)).modulation, count);
  const gate = modality === 'video' ? 'a2v' : 'v2a';
  const context: Ltx2StreamContext = {
    text: config.use_prompt_embeddings
      ? tracer.scope(`${prefix}caption_projection`, () => captionProjection(inputs.encoderHiddenStates, width))
      : inputs.encoderHiddenStates,
    textBias: inputs.encoderAttentionMask === undefined ? undefined : maskedScores(inputs.encoderAttentionMask),
    // Every block reads the same rows: cut once.
    timestepRows: splitLast(modulation, rows),
    promptRows:
      modulatesText(config) && config.use_prompt_adaln_single && inputs.promptSinusoid !== undefined
        ? rowsOf(`${prefix}prompt_adaln`, inputs.promptSinusoid, 2)
        : undefined,
    exchangeRows: [
      ...rowsOf(`av_cross_attn_${modality}_scale_shift`, inputs.exchangeSinusoid, 4),
      ...rowsOf(`av_cross_attn_${modality}_${gate}_gate`, inputs.exchangeGateSinusoid, 1),
    ],
    rotary: inputs.rotary,
    exchangeRotary: inputs.exchangeRotary,
  };
  return { hidden, embedded, context };
}
