import { z } from 'zod';
import { AiprodError } from '../../errors';
import { add, attention, cast, concat, exp, geluTanh, reshape, broadcastTo, type Tensor, type Tracer } from '../../graph';
import { linearLayer } from '../layers';
import { parseModelConfig, positiveInteger } from '../model-config';
import type { Modality } from './transformer-config';

/** Constructor arguments of diffusers' `LTX2DurationHead`, with its defaults. */
export const ltx2DurationHeadConfigSchema = z.object({
  /** Widths of the connectors' tokens. */
  video_cross_attention_dim: positiveInteger.default(4096),
  audio_cross_attention_dim: positiveInteger.default(2048),
  pooler_hidden_dim: positiveInteger.default(256),
  num_queries: positiveInteger.default(1),
  num_pooler_heads: positiveInteger.default(4),
  mlp_hidden_dim: positiveInteger.default(256),
});

export type Ltx2DurationHeadConfig = z.output<typeof ltx2DurationHeadConfigSchema>;

/** Reads a duration head's config.json. */
export function parseLtx2DurationHeadConfig(value: unknown, where = 'duration_head'): Ltx2DurationHeadConfig {
  const config = parseModelConfig(ltx2DurationHeadConfigSchema, value, where);
  if (config.pooler_hidden_dim % config.num_pooler_heads === 0) return config;
  throw new AiprodError('unsupported-model', 'the pooler does not divide into heads', {
    where,
    expected: `a multiple of ${config.num_pooler_heads}`,
    found: `pooler_hidden_dim = ${config.pooler_hidden_dim}`,
  });
}

/**
 * How long the shot is that a prompt asks for (from LTX-2.4): the connectors' tokens of one stream or both are pooled by learned queries.
 * @param tokens [B, M, width] f32 of each stream that is there, one at least.
 * @returns seconds, [B] f32.
 */
export function ltx2DurationHead(
  tracer: Tracer,
  config: Ltx2DurationHeadConfig,
  tokens: Readonly<Partial<Record<Modality, Tensor>>>,
): Tensor {
  const { pooler_hidden_dim: width, num_queries, mlp_hidden_dim } = config;
  const groups = (['video', 'audio'] as const).flatMap((modality) => {
    const own = tokens[modality];
    if (own === undefined) return [];
    const projected = linearLayer(`${modality}_input_proj`, cast(own, tracer.dtype), width);
    return [add(projected, tracer.parameter(`${modality}_modality_emb`, [width]), tracer.dtype)];
  });
  const pooled = tracer.scope('attention_pooler', () => pool(concat(groups, 1), config));
  const hidden = geluTanh(linearLayer('mlp_hidden', reshape(pooled, [pooled.shape[0], num_queries * width]), mlp_hidden_dim));
  return exp(reshape(cast(linearLayer('mlp_out', hidden, 1), 'f32'), [pooled.shape[0]]));
}

/** Learned queries attend to tokens [B, M, width]. @returns [B, num_queries, width] */
function pool(tokens: Tensor, { num_queries, num_pooler_heads: heads }: Ltx2DurationHeadConfig): Tensor {
  const [batch, length, width] = tokens.shape;
  const queries = linearLayer('to_q', tokens.tracer.parameter('query_tokens', [num_queries, width]), width);
  const byHeads = (x: Tensor, rows: number): Tensor => reshape(x, [batch, rows, heads, width / heads]);
  const attended = attention(
    byHeads(broadcastTo(reshape(queries, [1, num_queries, width]), [batch, num_queries, width]), num_queries),
    byHeads(linearLayer('to_k', tokens, width), length),
    byHeads(linearLayer('to_v', tokens, width), length),
  );
  return linearLayer('to_out', reshape(attended, [batch, num_queries, width]), width);
}
