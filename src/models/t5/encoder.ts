import {
  add,
  attention,
  cast,
  gatherRows,
  geluErf,
  geluTanh,
  maximum,
  multiply,
  permute,
  reshape,
  silu,
  subtract,
  type Tensor,
  type Tracer,
} from '../../graph';
import { captureNothing, type Capture } from '../capture';
import { linearLayer, rmsNormLayer } from '../layers';
import { feedForwardOf, type DenseActivation, type TextEncoderConfig } from './config';
import { relativePositionBuckets } from './relative-position';

/** The most negative f32: what the reference adds to the scores of masked keys. */
const maskedScore = -3.4028234663852886e38;

export interface TextEncoderInputs {
  /** Token ids, [B, N] i32. */
  readonly inputIds: Tensor;
  /** [B, N] f32, 1 for tokens and 0 for padding; absent when padding takes part. */
  readonly attentionMask?: Tensor;
}

/**
 * T5 encoder (Raffel et al. 2020; version 1.1's gated feed-forward where the configuration says so) and UMT5, whose every
 * block has its own position bias: token ids [B, N] to the last hidden state [B, N, d_model].
 *
 * The residual stream stays in f32 whatever the tracer's type: that of T5 XXL leaves the range of f16.
 */
export function textEncoder(
  tracer: Tracer,
  config: TextEncoderConfig,
  inputs: TextEncoderInputs,
  capture: Capture = captureNothing,
): Tensor {
  const { inputIds, attentionMask } = inputs;
  const [batch, length] = inputIds.shape;
  const bucketIndex = tracer.constant(
    relativePositionBuckets(length, {
      buckets: config.relative_attention_num_buckets,
      maxDistance: config.relative_attention_max_distance,
    }),
    [length, length],
  );
  const maskBias =
    attentionMask === undefined ? undefined : reshape(multiply(subtract(1, attentionMask), maskedScore), [batch, 1, 1, length]);

  let hidden = cast(gatherRows(tracer.parameter('shared.weight', [config.vocab_size, config.d_model]), inputIds), 'f32');
  capture('hidden_states.0', () => hidden);
  let scoreBias: Tensor | undefined;
  for (let index = 0; index < config.num_layers; index++) {
    hidden = tracer.scope(`encoder.block.${index}`, () => {
      if (scoreBias === undefined || config.model_type === 'umt5') {
        const positionBias = relativePositionBias(tracer, config, bucketIndex);
        capture(`position_bias_block${index}`, () => positionBias);
        scoreBias = maskBias === undefined ? positionBias : add(positionBias, maskBias);
      }
      return encoderBlock(hidden, scoreBias, config);
    });
    if (index < config.num_layers - 1) capture(`hidden_states.${index + 1}`, () => hidden);
  }
  return tracer.scope('encoder', () => rmsNormLayer('final_layer_norm', hidden, config.layer_norm_epsilon));
}

/** [1, heads, N, N] f32, added to the attention scores. */
function relativePositionBias(tracer: Tracer, config: TextEncoderConfig, bucketIndex: Tensor): Tensor {
  const table = tracer.parameter(
    'layer.0.SelfAttention.relative_attention_bias.weight',
    [config.relative_attention_num_buckets, config.num_heads],
    { dtype: 'f32' },
  );
  const [length] = bucketIndex.shape;
  return reshape(permute(gatherRows(table, bucketIndex), [2, 0, 1]), [1, config.num_heads, length, length]);
}

function encoderBlock(hidden: Tensor, scoreBias: Tensor, config: TextEncoderConfig): Tensor {
  const { tracer } = hidden;
  const eps = config.layer_norm_epsilon;
  const attended = tracer.scope('layer.0', () => {
    const normed = cast(rmsNormLayer('layer_norm', hidden, eps), tracer.dtype);
    return add(
      hidden,
      tracer.scope('SelfAttention', () => selfAttention(normed, scoreBias, config)),
    );
  });
  return tracer.scope('layer.1', () => {
    const normed = cast(rmsNormLayer('layer_norm', attended, eps), tracer.dtype);
    return add(
      attended,
      tracer.scope('DenseReluDense', () => feedForward(normed, config)),
    );
  });
}

/** Self-attention without a score scale: T5 leaves it to the initialisation. */
function selfAttention(x: Tensor, scoreBias: Tensor, { num_heads, d_kv, d_model }: TextEncoderConfig): Tensor {
  const [batch, length] = x.shape;
  const heads = (name: string): Tensor =>
    reshape(linearLayer(name, x, num_heads * d_kv, { bias: false }), [batch, length, num_heads, d_kv]);
  const attended = attention(heads('q'), heads('k'), heads('v'), { scale: 1, bias: scoreBias });
  return linearLayer('o', reshape(attended, [batch, length, num_heads * d_kv]), d_model, { bias: false });
}

function feedForward(x: Tensor, config: TextEncoderConfig): Tensor {
  const { gated, activation } = feedForwardOf(config);
  const wide = (name: string): Tensor => linearLayer(name, x, config.d_ff, { bias: false });
  // The gated product of T5 XXL leaves the range of f16.
  const inner = gated ? multiply(activate(wide('wi_0'), activation), wide('wi_1'), 'f32') : activate(wide('wi'), activation);
  return linearLayer('wo', inner, config.d_model, { bias: false });
}

function activate(x: Tensor, activation: DenseActivation): Tensor {
  switch (activation) {
    case 'relu':
      return maximum(x, 0);
    case 'gelu':
      return geluErf(x);
    case 'gelu_new':
      return geluTanh(x);
    case 'silu':
    case 'swish':
      return silu(x);
  }
}
