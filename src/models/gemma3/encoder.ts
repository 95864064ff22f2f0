import {
  add,
  attention,
  cast,
  gatherRows,
  geluTanh,
  linear,
  multiply,
  permute,
  reshape,
  rmsNorm,
  rope,
  subtract,
  type Tensor,
  type Tracer,
} from '../../graph';
import { sequenceRotaryTable } from '../../numeric/rotary-tables';
import type { RotaryTensors } from '../attention-layer';
import { captureNothing, type Capture } from '../capture';
import { linearLayer } from '../layers';
import { gemma3LayerTypes, type Gemma3Config, type Gemma3LayerType } from './config';

/** The most negative f32: what the reference adds to the scores of masked keys. */
const maskedScore = -3.4028234663852886e38;

export interface Gemma3Inputs {
  /** Token ids, [B, N] i32. */
  readonly inputIds: Tensor;
  /** [B, N] f32, 1 for tokens and 0 for padding. */
  readonly attentionMask: Tensor;
  /** Position of the first token. Default 0. */
  readonly firstPosition?: number | undefined;
}

interface LayerContext {
  readonly config: Gemma3Config;
  /** [B, 1, 1, N] */
  readonly maskBias: Tensor;
  readonly rotary: Readonly<Record<Gemma3LayerType, RotaryTensors>>;
  readonly capture: Capture;
}

/**
 * Gemma 3 text model (Gemma Team 2025): token ids to every hidden state, each [B, N, hidden_size] f32: the scaled embedding, what each
 * layer but the last returned, and the last after the final norm. Rows of padding are undefined.
 *
 * The residual stream stays in f32 whatever the tracer's type: that of the released models leaves the range of f16.
 */
export function gemma3Encoder(tracer: Tracer, config: Gemma3Config, inputs: Gemma3Inputs, capture: Capture = captureNothing): Tensor[] {
  const { inputIds, attentionMask, firstPosition = 0 } = inputs;
  const [batch, length] = inputIds.shape;
  const context: LayerContext = {
    config,
    maskBias: reshape(multiply(subtract(1, attentionMask), maskedScore), [batch, 1, 1, length]),
    rotary: rotaryOfLayers(tracer, config, length, firstPosition),
    capture,
  };
  const states: Tensor[] = [];
  const keep = (hidden: Tensor): Tensor => {
    capture(`hidden_states.${states.length}`, () => hidden);
    states.push(hidden);
    return hidden;
  };
  const table = tracer.parameter('embed_tokens.weight', [config.vocab_size, config.hidden_size]);
  let hidden = keep(multiply(cast(gatherRows(table, inputIds), 'f32'), Math.fround(Math.sqrt(config.hidden_size))));
  const last = config.layer_types.length - 1;
  for (let index = 0; index <= last; index++) {
    hidden = tracer.scope(`layers.${index}`, () => layer(hidden, index, context));
    if (index < last) keep(hidden);
  }
  keep(norm('norm', hidden, config));
  return states;
}

/** Positions count from 0 at the padded start; only their distances matter, and how their angles are rounded. */
function rotaryOfLayers(tracer: Tracer, config: Gemma3Config, length: number, first: number): LayerContext['rotary'] {
  const [sliding_attention, full_attention] = gemma3LayerTypes.map((kind): RotaryTensors => {
    const { cos, sin, shape } = sequenceRotaryTable(length, config.head_dim, { ...config.rope[kind], first });
    return { cos: tracer.constant(cos, shape, 'f32'), sin: tracer.constant(sin, shape, 'f32') };
  });
  return { sliding_attention, full_attention };
}

function layer(hidden: Tensor, index: number, context: LayerContext): Tensor {
  const { tracer } = hidden;
  const { config, capture } = context;
  const inner = (name: string, x: Tensor): Tensor => cast(norm(name, x, config), tracer.dtype);
  const before = inner('input_layernorm', hidden);
  const attended = tracer.scope('self_attn', () => selfAttention(before, index, context));
  const between = add(hidden, norm('post_attention_layernorm', cast(attended, 'f32'), config));
  const fedIn = inner('pre_feedforward_layernorm', between);
  const fed = tracer.scope('mlp', () => feedForward(fedIn, config));
  capture(`layers.${index}.mlp`, () => fed);
  return add(between, norm('post_feedforward_layernorm', fed, config));
}

/** RMS norm times 1 + weight. The weights are in f32: the released ones are large, and the 1 counts. */
function norm(name: string, x: Tensor, config: Gemma3Config): Tensor {
  const weight = x.tracer.parameter(`${name}.weight`, [x.shape[x.shape.length - 1]], { dtype: 'f32' });
  return rmsNorm(x, { eps: config.rms_norm_eps, weight: add(weight, 1) });
}

function selfAttention(x: Tensor, index: number, { config, maskBias, rotary, capture }: LayerContext): Tensor {
  const { num_attention_heads, num_key_value_heads, head_dim, attention_bias: bias } = config;
  const [batch, length] = x.shape;
  const kind = config.layer_types[index];
  const heads = (name: string, count: number): Tensor =>
    reshape(linearLayer(name, x, count * head_dim, { bias }), [batch, length, count, head_dim]);
  const positioned = (name: string, projection: string, count: number): Tensor => {
    const normed = cast(norm(name, heads(projection, count), config), x.tracer.dtype);
    capture(`layers.${index}.self_attn.${name}`, () => permute(normed, [0, 2, 1, 3]));
    return rope(normed, rotary[kind].cos, rotary[kind].sin, { layout: 'split' });
  };
  const query = positioned('q_norm', 'q_proj', num_attention_heads);
  const key = positioned('k_norm', 'k_proj', num_key_value_heads);
  const attended = attention(query, key, heads('v_proj', num_key_value_heads), {
    scale: config.query_pre_attn_scalar ** -0.5,
    bias: maskBias,
    ...(kind === 'sliding_attention' ? { window: config.sliding_window } : {}),
    causal: true,
  });
  return linearLayer('o_proj', reshape(attended, [batch, length, num_attention_heads * head_dim]), config.hidden_size, { bias });
}

/** The gated product and what comes of it leave the range of f16 in the released models. @returns f32 */
function feedForward(x: Tensor, { intermediate_size, hidden_size }: Gemma3Config): Tensor {
  const wide = (name: string): Tensor => linearLayer(name, x, intermediate_size, { bias: false });
  const product = multiply(geluTanh(wide('gate_proj')), wide('up_proj'), 'f32');
  return linear(product, x.tracer.parameter('down_proj.weight', [hidden_size, intermediate_size]));
}
