import { z } from 'zod';
import { AiprodError } from '../../errors';
import { parseModelConfig, positiveInteger } from '../model-config';

const activations = ['relu', 'gelu', 'gelu_new', 'silu', 'swish'] as const;
export type DenseActivation = (typeof activations)[number];

/** `gated-gelu`, `relu`, ...: an activation of the feed-forward layer, with or without the gate of T5 1.1. */
const feedForwardProjection = z.enum([...activations, ...activations.map((name) => `gated-${name}` as const)]);

/** Fields that both families have; sizes default to what each class defaults to. */
const encoderFields = {
  d_kv: positiveInteger.default(64),
  relative_attention_num_buckets: z.number().int().min(4).multipleOf(2).default(32),
  relative_attention_max_distance: z.number().int().min(2).default(128),
  layer_norm_epsilon: z.number().positive().default(1e-6),
  d_model: positiveInteger.default(512),
  is_decoder: z.literal(false, { error: 'false, only the encoder is built' }).default(false),
};

/** `transformers.T5Config`: T5 and T5 1.1 (the text encoder of LTX-Video is T5 1.1 XXL). */
export const t5ConfigSchema = z.object({
  ...encoderFields,
  model_type: z.literal('t5').default('t5'),
  vocab_size: positiveInteger.default(32128),
  d_ff: positiveInteger.default(2048),
  num_layers: positiveInteger.default(6),
  num_heads: positiveInteger.default(8),
  feed_forward_proj: feedForwardProjection.default('relu'),
});

/** `transformers.UMT5Config`: a position bias in every block (the text encoder of Wan). */
export const umt5ConfigSchema = z.object({
  ...encoderFields,
  model_type: z.literal('umt5').default('umt5'),
  vocab_size: positiveInteger.default(250112),
  d_ff: positiveInteger.default(1024),
  num_layers: positiveInteger.default(8),
  num_heads: positiveInteger.default(6),
  feed_forward_proj: feedForwardProjection.default('gated-gelu'),
});

export type TextEncoderConfig = z.output<typeof t5ConfigSchema> | z.output<typeof umt5ConfigSchema>;

const family = z.object({
  model_type: z.string().nullish(),
  _config_class: z.string().nullish(),
  architectures: z.array(z.string()).nullish(),
});

/** Reads the config.json of a T5 or UMT5 encoder; which of them it is stands in `model_type`, `architectures` or `_config_class`. */
export function parseTextEncoderConfig(value: unknown, where = 'text_encoder'): TextEncoderConfig {
  const { model_type, _config_class, architectures } = parseModelConfig(family, value, where);
  const named = model_type ?? _config_class ?? architectures?.[0] ?? 't5';
  if (/umt5/i.test(named)) return parseModelConfig(umt5ConfigSchema, value, where);
  if (/t5/i.test(named)) return parseModelConfig(t5ConfigSchema, value, where);
  throw new AiprodError('unsupported-model', 'this text encoder is of another family', {
    where,
    expected: 't5 or umt5',
    found: named,
  });
}

/** How the feed-forward layer is made: `gated-gelu` means the tanh approximation, as in the reference. */
export function feedForwardOf(config: TextEncoderConfig): { gated: boolean; activation: DenseActivation } {
  const projection = config.feed_forward_proj;
  if (projection === 'gated-gelu') return { gated: true, activation: 'gelu_new' };
  const gated = projection.startsWith('gated-');
  const name = gated ? projection.slice('gated-'.length) : projection;
  const activation = activations.find((known) => known === name);
  if (activation === undefined) throw new AiprodError('internal', `no activation ${name}`);
  return { gated, activation };
}
