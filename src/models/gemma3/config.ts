import { z } from 'zod';
import { AiprodError } from '../../errors';
import { oneOf, only, parseModelConfig, positiveInteger } from '../model-config';

export const gemma3LayerTypes = ['sliding_attention', 'full_attention'] as const;
export type Gemma3LayerType = (typeof gemma3LayerTypes)[number];

/** What positions of one kind of layers turn queries and keys by: base frequency, and what positions are divided by. */
export interface Gemma3Rope {
  readonly theta: number;
  readonly factor: number;
}

/** `transformers.Gemma3TextConfig`, with one spelling for what its versions spell differently: `layer_types` and `rope`. */
export interface Gemma3Config {
  readonly vocab_size: number;
  readonly hidden_size: number;
  readonly intermediate_size: number;
  readonly num_attention_heads: number;
  readonly num_key_value_heads: number;
  readonly head_dim: number;
  readonly rms_norm_eps: number;
  readonly attention_bias: boolean;
  /** Scores are multiplied by this to the power of -1/2. */
  readonly query_pre_attn_scalar: number;
  /** Keys that a query of a sliding layer sees, itself included. */
  readonly sliding_window: number;
  /** One for each layer. */
  readonly layer_types: readonly Gemma3LayerType[];
  readonly rope: Readonly<Record<Gemma3LayerType, Gemma3Rope>>;
}

const ropeParameters = z.object({
  rope_theta: z.number().positive().nullish(),
  rope_type: z.string().nullish(),
  /** As older configurations say `rope_type`. */
  type: z.string().nullish(),
  factor: z.number().min(1).nullish(),
});

const ropeByLayerType = z.object({
  sliding_attention: ropeParameters.nullish(),
  full_attention: ropeParameters.nullish(),
});

/** Constructor arguments of the class with its defaults, in the spellings of transformers 4.50 to 5. */
const gemma3TextConfigSchema = z.object({
  vocab_size: positiveInteger.default(262208),
  hidden_size: positiveInteger.default(2304),
  intermediate_size: positiveInteger.default(9216),
  num_hidden_layers: positiveInteger.default(26),
  num_attention_heads: positiveInteger.default(8),
  num_key_value_heads: positiveInteger.default(4),
  head_dim: positiveInteger.multipleOf(2).default(256),
  hidden_activation: oneOf(['gelu_pytorch_tanh']).nullish(),
  rms_norm_eps: z.number().positive().default(1e-6),
  attention_bias: z.boolean().default(false),
  query_pre_attn_scalar: z.number().positive().default(256),
  sliding_window: positiveInteger.default(4096),
  layer_types: z.array(z.enum(gemma3LayerTypes)).nullish(),
  /** Every so many layers one is full, where `layer_types` does not say it. */
  sliding_window_pattern: positiveInteger.nullish(),
  _sliding_window_pattern: positiveInteger.nullish(),
  /** transformers 5. */
  rope_parameters: ropeByLayerType.nullish(),
  /** transformers 4: of full layers, and the base frequency of sliding ones. */
  rope_theta: z.number().positive().default(1_000_000),
  rope_local_base_freq: z.number().positive().default(10_000),
  rope_scaling: z.union([ropeByLayerType.required({ full_attention: true }), ropeParameters]).nullish(),
  attn_logit_softcapping: z.null({ error: 'null, scores are not capped' }).optional(),
  use_bidirectional_attention: only(false).nullish(),
});

/**
 * Reads the config.json of a Gemma 3 text model: the text model's own, or that of the model with pictures, which holds it as
 * `text_config`.
 */
export function parseGemma3Config(value: unknown, where = 'text_encoder'): Gemma3Config {
  const { text_config } = parseModelConfig(z.object({ text_config: z.unknown().optional() }), value, where);
  if (text_config !== undefined && text_config !== null) return parseGemma3Config(text_config, `${where} text_config`);
  const config = parseModelConfig(gemma3TextConfigSchema, value, where);
  const { num_hidden_layers, num_attention_heads, num_key_value_heads } = config;
  const pattern = config.sliding_window_pattern ?? config._sliding_window_pattern ?? 6;
  const layerTypes =
    config.layer_types ??
    Array.from({ length: num_hidden_layers }, (_, index): Gemma3LayerType =>
      (index + 1) % pattern === 0 ? 'full_attention' : 'sliding_attention',
    );
  const require = (what: string, fits: boolean, expected: string, found: number): void => {
    if (!fits) throw new AiprodError('unsupported-model', what, { where, expected, found: String(found) });
  };
  require('layer_types does not name every layer', layerTypes.length ===
    num_hidden_layers, `${num_hidden_layers} types`, layerTypes.length);
  require('queries do not divide among the heads of the keys', num_attention_heads % num_key_value_heads ===
    0, `a number of key heads that divides ${num_attention_heads}`, num_key_value_heads);
  const { vocab_size, hidden_size, intermediate_size, head_dim, rms_norm_eps, attention_bias, query_pre_attn_scalar, sliding_window } =
    config;
  return {
    ...{ vocab_size, hidden_size, intermediate_size, num_attention_heads, num_key_value_heads, head_dim, rms_norm_eps },
    ...{ attention_bias, query_pre_attn_scalar, sliding_window, layer_types: layerTypes, rope: ropeOf(config, where) },
  };
}

function ropeOf(config: z.output<typeof gemma3TextConfigSchema>, where: string): Gemma3Config['rope'] {
  const { rope_parameters, rope_scaling, rope_theta, rope_local_base_freq } = config;
  // Between the versions `rope_scaling` was by kind of layer too; before, it was about full layers alone.
  const byType = rope_parameters ?? (rope_scaling && 'full_attention' in rope_scaling ? rope_scaling : { full_attention: rope_scaling });
  return {
    sliding_attention: oneRope(byType.sliding_attention ?? {}, rope_local_base_freq, where),
    full_attention: oneRope(byType.full_attention ?? {}, rope_theta, where),
  };
}

function oneRope(parameters: z.output<typeof ropeParameters>, theta: number, where: string): Gemma3Rope {
  const kind = parameters.rope_type ?? parameters.type ?? 'default';
  const base = parameters.rope_theta ?? theta;
  if (kind === 'default') return { theta: base, factor: 1 };
  if (kind === 'linear') return { theta: base, factor: parameters.factor ?? 1 };
  throw new AiprodError('unsupported-model', 'positions are scaled in a way that is not built', {
    where,
    expected: 'rope_type default or linear',
    found: kind,
  });
}
