import { AiprodError } from '../../errors';
import { broadcastStrides } from '../broadcast';
import { defineOperation, type Attributes } from '../operation';
import type { Tensor } from '../tracer';
import { emptyHostTensor, type Shape, type TensorType } from '../types';
import { attentionGradients } from './attention-gradient';
import { lowerAttention } from './attention-kernels';

export interface AttentionOptions {
  /** Factor on q · k; 1 / sqrt(D) by default. */
  readonly scale?: number;
  /** Added to the scores; broadcasts to [B, H, N, M]. -infinity removes a key. */
  readonly bias?: Tensor;
  /** Query i attends to keys 0 .. i. */
  readonly causal?: boolean;
  /** Query i attends to keys i - window + 1 .. i (causal, as in Gemma's sliding layers). */
  readonly window?: number;
}

/** What the operation is told beside its tensors. */
export interface AttentionRules {
  readonly scale: number;
  readonly causal: boolean;
  /** 0: no window. */
  readonly window: number;
}

/** Sizes of an attention. */
export interface AttentionSizes {
  readonly batch: number;
  readonly queries: number;
  readonly keys: number;
  readonly heads: number;
  readonly keyHeads: number;
  readonly head: number;
}

export function attentionSizes(q: Shape, k: Shape): AttentionSizes {
  return { batch: q[0], queries: q[1], keys: k[1], heads: q[2], keyHeads: k[2], head: q[3] };
}

export function attentionRules(attributes: Attributes): AttentionRules {
  const { scale, causal, window } = attributes;
  if (typeof scale !== 'number' || typeof causal !== 'boolean' || typeof window !== 'number') {
    throw new AiprodError('internal', 'an attention node lacks its scale, causal or window');
  }
  return { scale, causal, window };
}

/** Strides with which a bias is read as [B, H, N, M]. */
export function biasStrides(bias: Shape, { batch, heads, queries, keys }: AttentionSizes): number[] {
  return broadcastStrides(bias, [batch, heads, queries, keys]);
}

function checkShapes(q: Shape, k: Shape, v: Shape, bias: Shape | undefined): void {
  const found = [q, k, v, ...(bias === undefined ? [] : [bias])].map((shape) => `[${shape.join(', ')}]`).join(', ');
  const fail = (expected: string): never => {
    throw new AiprodError('shape-mismatch', 'the operands of an attention do not fit together', { expected, found });
  };
  if (q.length !== 4 || k.length !== 4 || v.length !== 4) fail('q [B, N, H, D], k and v [B, M, Hk, D]');
  if (k.some((size, axis) => size !== v[axis])) fail('k and v of one shape [B, M, Hk, D]');
  if (q[0] !== k[0] || q[3] !== k[3]) fail('the same B and D in q and k');
  if (q[2] % k[2] !== 0) fail('a number of query heads that is a multiple of the key heads');
  if (bias === undefined) return;
  const target = [q[0], q[2], q[1], k[1]];
  const fits = bias.length <= 4 && bias.every((size, axis) => size === 1 || size === target[axis + 4 - bias.length]);
  if (!fits) fail(`a bias that broadcasts to [${target.join(', ')}]`);
}

/** Scaled dot-product attention; scores exist only as a few registers (Dao et al. 2022, "FlashAttention"). See `attention`. */
export const attentionOperation = defineOperation({
  name: 'attention',

  infer([q, k, v, bias]): TensorType {
    checkShapes(q.shape, k.shape, v.shape, bias?.shape);
    return { shape: q.shape, dtype: q.dtype };
  },

  reference([q, k, v, bias], attributes, output) {
    const sizes = attentionSizes(q.shape, k.shape);
    const { batch, queries, keys, heads, keyHeads, head } = sizes;
    const { scale, causal, window } = attentionRules(attributes);
    const strides = bias === undefined ? [] : biasStrides(bias.shape, sizes);
    const result = emptyHostTensor(output);
    const scores = new Float64Array(keys);
    for (let b = 0; b < batch; b++) {
      for (let h = 0; h < heads; h++) {
        const keyHead = Math.floor((h * keyHeads) / heads);
        const keyRow = (j: number): number => ((b * keys + j) * keyHeads + keyHead) * head;
        for (let i = 0; i < queries; i++) {
          const row = ((b * queries + i) * heads + h) * head;
          let highest = -Infinity;
          for (let j = 0; j < keys; j++) {
            let score = 0;
            for (let d = 0; d < head; d++) score += q.data[row + d] * k.data[keyRow(j) + d];
            score *= scale;
            if (bias !== undefined) score += bias.data[b * strides[0] + h * strides[1] + i * strides[2] + j * strides[3]];
            if ((causal && j > i) || (window > 0 && i - j >= window)) score = -Infinity;
            scores[j] = score;
            highest = Math.max(highest, score);
          }
          if (highest === -Infinity) continue;
          let total = 0;
          for (let j = 0; j < keys; j++) total += scores[j] = Math.exp(scores[j] - highest);
          for (let d = 0; d < head; d++) {
            let sum = 0;
            for (let j = 0; j < keys; j++) sum += scores[j] * v.data[keyRow(j) + d];
            result.data[row + d] = sum / total;
          }
        }
      }
    }
    return result;
  },

  lower: lowerAttention,

  absorbsEpilogue: () => true,

  gradient: (request) => attentionGradients(request),
});

/**
 * Scaled dot-product attention, softmax(scale · q · kᵀ + bias) · v, without storing the scores.
 * Masks are PyTorch's: an additive bias of -10000 (or the lowest finite number) leaves a fully masked row uniform over its keys,
 * -infinity removes keys, and a row without any key gives 0.
 * @param q [B, N, H, D]
 * @param k [B, M, Hk, D], H a multiple of Hk; each key head serves H / Hk neighbouring query heads.
 * @param v [B, M, Hk, D]
 * @returns [B, N, H, D] in the storage type of `q`.
 * @throws AiprodError `shape-mismatch`.
 */
export function attention(q: Tensor, k: Tensor, v: Tensor, options: AttentionOptions = {}): Tensor {
  const window = options.window ?? 0;
  if (!Number.isInteger(window) || window < 0) {
    throw new AiprodError('internal', 'an attention window is a number of keys', { expected: 'a positive integer', found: String(window) });
  }
  const rules: AttentionRules = {
    scale: options.scale ?? 1 / Math.sqrt(q.shape[q.shape.length - 1]),
    causal: options.causal === true || window > 0,
    window,
  };
  return q.tracer.apply('attention', options.bias === undefined ? [q, k, v] : [q, k, v, options.bias], { ...rules });
}
