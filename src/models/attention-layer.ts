import { add, attention, multiply, reshape, rope, sigmoid, type RopeLayout, type Tensor } from '../graph';
import { linearLayer, rmsNormLayer } from './layers';
import { joinRows, takeRows, type RowChoice } from './perturbations';

/** Cosines and sines of tokens, f32: [1 or B, N, width / 2], or [1 or B, N, heads or 1, width / heads / 2] where heads are rotated apart. */
export interface RotaryTensors {
  readonly cos: Tensor;
  readonly sin: Tensor;
}

export interface AttentionLayerOptions {
  readonly heads: number;
  /** Epsilon of the norm on queries and keys. */
  readonly normEps: number;
  /** Width of queries, keys and values, all heads together. Default the width of `x`. */
  readonly width?: number;
  /** What keys and values are made of. Default `x`. */
  readonly context?: Tensor;
  /** Further keys and values with projections and a norm of their own (`add_k_proj`, `add_v_proj`, `norm_added_k`): what is found there is added. */
  readonly addedContext?: Tensor;
  /** Added to the scores; [B, 1, 1, M]. */
  readonly bias?: Tensor;
  /** Where the queries are, and the keys where that differs; absent for attention without positions. */
  readonly rotary?: RotaryTensors;
  readonly keyRotary?: RotaryTensors;
  /** How channels are paired. Default interleaved. */
  readonly ropeLayout?: RopeLayout;
  /** Whether each head is multiplied by 2 sigmoid(logits), logits being linear in `x` (`to_gate_logits`). Default no. */
  readonly gated?: boolean;
  readonly projectionBias: boolean;
  readonly outputBias: boolean;
  /** Samples that attend (`usual`), and those whose values are taken as they are. Default all attend. */
  readonly attending?: RowChoice;
}

/**
 * diffusers' attention layer of the LTX family in the current scope: `to_q`, `to_k`, `to_v`, RMS norm over all heads of queries and
 * keys (`norm_q`, `norm_k`), rotation, attention, optional gates of the heads, `to_out.0`.
 * @param x [B, N, C]
 * @returns [B, N, C] in the tracer's type
 */
export function attentionLayer(x: Tensor, options: AttentionLayerOptions): Tensor {
  const { heads, normEps, context = x, bias, rotary, keyRotary = rotary, ropeLayout = 'interleaved', gated = false } = options;
  const [batch, , channels] = x.shape;
  const { width = channels, attending = { usual: Array.from({ length: batch }, (_, row) => row), perturbed: [] } } = options;
  const project = (name: string, from: Tensor): Tensor => linearLayer(name, from, width, { bias: options.projectionBias });
  const take = (value: Tensor): Tensor => takeRows(value, attending.usual, batch);
  const value = project('to_v', context);
  const mixed = joinRows(
    attending,
    () => {
      const positioned = (name: string, norm: string, from: Tensor, where: RotaryTensors | undefined): Tensor => {
        const normed = rmsNormLayer(norm, project(name, take(from)), normEps);
        return where === undefined ? normed : rotated(normed, heads, { cos: take(where.cos), sin: take(where.sin) }, ropeLayout);
      };
      const query = positioned('to_q', 'norm_q', x, rotary);
      const key = positioned('to_k', 'norm_k', context, keyRotary);
      const scores = bias === undefined ? {} : { bias: take(bias) };
      const found = reshape(attention(byHeads(query, heads), byHeads(key, heads), byHeads(take(value), heads), scores), query.shape);
      if (options.addedContext === undefined) return found;
      const addedKey = positioned('add_k_proj', 'norm_added_k', options.addedContext, undefined);
      const addedValue = take(project('add_v_proj', options.addedContext));
      return add(found, reshape(attention(byHeads(query, heads), byHeads(addedKey, heads), byHeads(addedValue, heads)), query.shape));
    },
    () => takeRows(value, attending.perturbed, batch),
  );
  const result = gated ? gatedHeads(mixed, multiply(sigmoid(linearLayer('to_gate_logits', x, heads)), 2)) : mixed;
  return linearLayer('to_out.0', result, channels, { bias: options.outputBias });
}

function byHeads(x: Tensor, heads: number): Tensor {
  const [batch, tokens, width] = x.shape;
  return reshape(x, [batch, tokens, heads, width / heads]);
}

/**
 * The heads of a table are its own: between picture and sound LTX-2 counts the picture's, whatever attention does. A table of one head
 * is for all of them.
 */
function rotated(x: Tensor, heads: number, { cos, sin }: RotaryTensors, layout: RopeLayout): Tensor {
  if (cos.shape.length === 3) return rope(x, cos, sin, { layout });
  return reshape(rope(byHeads(x, cos.shape[2] === 1 ? heads : cos.shape[2]), cos, sin, { layout }), x.shape);
}

/** @param gates [B, N, heads] */
function gatedHeads(x: Tensor, gates: Tensor): Tensor {
  const [batch, tokens, heads] = gates.shape;
  return reshape(multiply(byHeads(x, heads), reshape(gates, [batch, tokens, heads, 1])), x.shape);
}
