import {
  add,
  cast,
  concat,
  divide,
  gatherRows,
  less,
  linear,
  max,
  mean,
  multiply,
  negate,
  reshape,
  rmsNorm,
  rsqrt,
  square,
  subtract,
  sum,
  where,
  type Tensor,
  type Tracer,
} from '../../graph';
import { ltx2RotaryTable, ltx2SequenceFractions } from '../../numeric/rotary-tables';
import { attentionLayer, type RotaryTensors } from '../attention-layer';
import { captureNothing, type Capture } from '../capture';
import { feedForward } from '../feed-forward';
import { connectorShape, type ConnectorShape, type Ltx2ConnectorsConfig } from './connectors-config';
import type { Modality } from './transformer-config';

/** Epsilon of every norm; not configurable in the reference. */
const normEps = 1e-6;
/** Beyond every hidden state. */
const highest = 3.4028234663852886e38;
/** What normalised states are multiplied by in V1. */
const rangeScale = 8;

export interface Ltx2ConnectorInputs {
  /** Hidden states of the text encoder, [B, N, C, L] f32. */
  readonly hiddenStates: Tensor;
  /** [B, N] f32, 1 for tokens and 0 for padding, which may stand on either side. */
  readonly attentionMask: Tensor;
  /** Where the tokens of a stream come from, [B, M] i32 (see `ltx2ConnectorRows`); absent without registers. */
  readonly rows: Readonly<Record<Modality, Tensor | undefined>>;
}

/**
 * LTX-2's way from a text encoder's hidden states to what its transformer reads (`LTX2TextConnectors`): normalisation and projection of
 * all states together (the feature extractor), tokens to the front and registers in place of padding, one small transformer for each
 * stream.
 * @returns [B, M, width] f32 for picture and sound.
 */
export function ltx2Connectors(
  tracer: Tracer,
  config: Ltx2ConnectorsConfig,
  inputs: Ltx2ConnectorInputs,
  capture: Capture = captureNothing,
): Readonly<Record<Modality, Tensor>> {
  const projected = projectedText(tracer, config, inputs);
  const connect = (modality: Modality): Tensor =>
    tracer.scope(`${modality}_connector`, () =>
      connector(projected[modality], config, modality, inputs, (name, value) => capture(`${modality}_connector.${name}`, value)),
    );
  const video = connect('video');
  // Without registers the reference blanks the padding of the picture's text and leaves the sound's.
  const blanked = inputs.rows.video === undefined ? multiply(video, reshape(inputs.attentionMask, [...video.shape.slice(0, 2), 1])) : video;
  return { video: blanked, audio: connect('audio') };
}

/** Text of all layers for both streams, [B, N, width] f32 each. */
function projectedText(
  tracer: Tracer,
  config: Ltx2ConnectorsConfig,
  { hiddenStates, attentionMask }: Ltx2ConnectorInputs,
): Readonly<Record<Modality, Tensor>> {
  const { caption_channels, per_modality_projections, video_hidden_dim, audio_hidden_dim } = config;
  const [batch, length, channels, layers] = hiddenStates.shape;
  const isToken = less(0.5, reshape(attentionMask, [batch, length, 1, 1]));
  const normed = per_modality_projections ? normalisedByToken(hiddenStates) : normalisedByLayer(hiddenStates, attentionMask, isToken);
  // Padding is undefined in the hidden states; here it becomes 0. The channels of a layer lie apart: layers vary fastest.
  const features = cast(reshape(where(isToken, normed, 0), [batch, length, channels * layers]), tracer.dtype);
  const project = (name: string, width: number, scale: number): Tensor => {
    const weight = tracer.parameter(`${name}.weight`, [width, channels * layers]);
    // The reference multiplies the features, which are wider.
    const product = multiply(linear(features, weight), scale, 'f32');
    return config.proj_bias ? add(product, tracer.parameter(`${name}.bias`, [width]), 'f32') : product;
  };
  if (per_modality_projections) {
    return {
      video: project('video_text_proj_in', video_hidden_dim, Math.sqrt(video_hidden_dim / caption_channels)),
      audio: project('audio_text_proj_in', audio_hidden_dim, Math.sqrt(audio_hidden_dim / caption_channels)),
    };
  }
  const both = project('text_proj_in', caption_channels, 1);
  return { video: both, audio: both };
}

/** V2: each token of each layer has a root mean square of 1. */
function normalisedByToken(states: Tensor): Tensor {
  return multiply(states, rsqrt(add(mean(square(states), [2], { keepDims: true }), normEps)));
}

/** V1: each layer of a prompt, its padding aside, has a mean of 0 and a range of 8. */
function normalisedByLayer(states: Tensor, attentionMask: Tensor, isToken: Tensor): Tensor {
  const [batch, , channels] = states.shape;
  const over = [1, 2];
  const total = (x: Tensor): Tensor => sum(x, over, { keepDims: true });
  const elements = multiply(reshape(sum(attentionMask, [1]), [batch, 1, 1, 1]), channels);
  const average = divide(total(where(isToken, states, 0)), add(elements, normEps));
  const largest = (x: Tensor): Tensor => max(where(isToken, x, -highest), over, { keepDims: true });
  const range = add(largest(states), largest(negate(states)));
  return multiply(divide(subtract(states, average), add(range, normEps)), rangeScale);
}

function connector(
  text: Tensor,
  config: Ltx2ConnectorsConfig,
  modality: Modality,
  { attentionMask, rows }: Ltx2ConnectorInputs,
  capture: Capture,
): Tensor {
  const { tracer } = text;
  const shape = connectorShape(config, modality);
  const order = rows[modality];
  const [batch, length] = text.shape;
  const bias = order === undefined ? reshape(multiply(subtract(1, attentionMask), -highest), [batch, 1, 1, length]) : undefined;
  let hidden = order === undefined ? text : withRegisters(text, order, shape);
  const rotary = rotaryOf(tracer, config, shape, hidden.shape[1]);
  const normed = (): Tensor => cast(rmsNorm(hidden, { eps: normEps }), tracer.dtype);
  for (let index = 0; index < shape.layers; index++) {
    tracer.scope(`transformer_blocks.${index}`, () => {
      const attended = tracer.scope('attn1', () =>
        attentionLayer(normed(), {
          ...{ heads: shape.heads, normEps, rotary, ropeLayout: config.rope_type, gated: shape.gated },
          ...{ projectionBias: true, outputBias: true },
          ...(bias === undefined ? {} : { bias }),
        }),
      );
      capture(`transformer_blocks.${index}.attn1`, () => attended);
      hidden = add(hidden, attended);
      hidden = add(
        hidden,
        tracer.scope('ff', () => feedForward(normed(), 'gelu-approximate')),
      );
    });
    capture(`transformer_blocks.${index}`, () => hidden);
  }
  return rmsNorm(hidden, { eps: normEps });
}

/** The rows of all prompts and the registers behind them are one table, out of which tokens are taken. */
function withRegisters(text: Tensor, order: Tensor, { width, registers }: ConnectorShape): Tensor {
  const [batch, length] = text.shape;
  const learned = text.tracer.parameter('learnable_registers', [registers ?? 0, width]);
  return gatherRows(concat([reshape(text, [batch * length, width]), cast(learned, text.dtype)], 0), order);
}

function rotaryOf(tracer: Tracer, config: Ltx2ConnectorsConfig, { heads, width }: ConnectorShape, length: number): RotaryTensors {
  const { cos, sin, shape } = ltx2RotaryTable(ltx2SequenceFractions(length, config.connector_rope_base_seq_len), {
    ...{ axes: 1, channels: width, heads, theta: config.rope_theta },
    precision: config.rope_double_precision ? 'f64' : 'f32',
  });
  return { cos: tracer.constant(cos, [1, ...shape], 'f32'), sin: tracer.constant(sin, [1, ...shape], 'f32') };
}
