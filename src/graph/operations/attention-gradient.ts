import { AiprodError } from '../../errors';
import { multiply, reshape } from '../arithmetic';
import { defineOperation, type GradientRule } from '../operation';
import type { Tensor } from '../tracer';
import { emptyHostTensor, type HostTensor } from '../types';
import { attentionRules, attentionSizes, biasStrides, type AttentionRules, type AttentionSizes } from './attention';
import { lowerKeyGradient, lowerQueryGradient, lowerStatistics } from './attention-gradient-kernels';
import { sum } from './reduce';
import { slice } from './slice';

/** One pair of a query and a key that it attends to. */
interface Pair {
  /** Elements at which the rows of query, key and statistics begin. */
  readonly query: number;
  readonly key: number;
  readonly statistic: number;
  readonly score: number;
}

/** Visits every query and the keys that it attends to, with their scores. */
function eachPair(
  [q, k, bias]: readonly [HostTensor, HostTensor, HostTensor | undefined],
  { scale, causal, window }: AttentionRules,
  visit: (pair: Pair) => void,
): void {
  const sizes = attentionSizes(q.shape, k.shape);
  const { batch, queries, keys, heads, keyHeads, head } = sizes;
  const strides = bias === undefined ? [] : biasStrides(bias.shape, sizes);
  for (let b = 0; b < batch; b++) {
    for (let h = 0; h < heads; h++) {
      for (let i = 0; i < queries; i++) {
        const statistic = (b * queries + i) * heads + h;
        for (let j = 0; j < keys; j++) {
          if ((causal && j > i) || (window > 0 && i - j >= window)) continue;
          const key = ((b * keys + j) * keyHeads + Math.floor((h * keyHeads) / heads)) * head;
          let score = 0;
          for (let d = 0; d < head; d++) score += q.data[statistic * head + d] * k.data[key + d];
          score *= scale;
          if (bias !== undefined) score += bias.data[b * strides[0] + h * strides[1] + i * strides[2] + j * strides[3]];
          if (score !== -Infinity) visit({ query: statistic * head, key, statistic, score });
        }
      }
    }
  }
}

/** log Σ exp(score) of each query over its keys, [B, N, H]; 0 for a query without keys. Inputs q, k and perhaps a bias. */
export const attentionStatisticsOperation = defineOperation({
  name: 'attentionStatistics',

  infer: ([q]) => ({ shape: q.shape.slice(0, 3), dtype: 'f32' }),

  reference([q, k, bias], attributes, output) {
    const rules = attentionRules(attributes);
    const highest = new Float64Array(emptyHostTensor(output).data.length).fill(-Infinity);
    eachPair([q, k, bias], rules, ({ statistic, score }) => (highest[statistic] = Math.max(highest[statistic], score)));
    const totals = new Float64Array(highest.length);
    eachPair([q, k, bias], rules, ({ statistic, score }) => (totals[statistic] += Math.exp(score - highest[statistic])));
    const result = emptyHostTensor(output);
    totals.forEach((total, k) => (result.data[k] = total === 0 ? 0 : highest[k] + Math.log(total)));
    return result;
  },

  lower: lowerStatistics,
});

/** Values that both gradients read, and sizes. Inputs: q, k, v, gradient, statistics, products (see `attentionGradients`), bias. */
function eachSlope(inputs: readonly HostTensor[], rules: AttentionRules, visit: (pair: Pair, weight: number, slope: number) => void): void {
  const [q, k, v, g, statistics, products, bias] = inputs;
  const { head }: AttentionSizes = attentionSizes(q.shape, k.shape);
  eachPair([q, k, inputs.length > 6 ? bias : undefined], rules, (pair) => {
    const weight = Math.exp(pair.score - statistics.data[pair.statistic]);
    let change = 0;
    for (let d = 0; d < head; d++) change += g.data[pair.query + d] * v.data[pair.key + d];
    visit(pair, weight, weight * (change - products.data[pair.statistic]) * rules.scale);
  });
}

/** The gradient by the queries, [B, N, H, D] f32. */
export const attentionQueryGradientOperation = defineOperation({
  name: 'attentionQueryGradient',

  infer: ([q]) => ({ shape: q.shape, dtype: 'f32' }),

  reference(inputs, attributes, output) {
    const [q, k] = inputs;
    const { head } = attentionSizes(q.shape, k.shape);
    const sums = new Float64Array(q.data.length);
    eachSlope(inputs, attentionRules(attributes), ({ query, key }, _weight, slope) => {
      for (let d = 0; d < head; d++) sums[query + d] += slope * k.data[key + d];
    });
    const result = emptyHostTensor(output);
    result.data.set(sums);
    return result;
  },

  lower: lowerQueryGradient,
});

/** The gradients by keys and by values, one after the other: [2, B, M, Hk, D] f32. */
export const attentionKeyGradientOperation = defineOperation({
  name: 'attentionKeyGradient',

  infer: ([, k]) => ({ shape: [2, ...k.shape], dtype: 'f32' }),

  reference(inputs, attributes, output) {
    const [q, k, , g] = inputs;
    const { head } = attentionSizes(q.shape, k.shape);
    const sums = new Float64Array(2 * k.data.length);
    eachSlope(inputs, attentionRules(attributes), ({ query, key }, weight, slope) => {
      for (let d = 0; d < head; d++) {
        sums[key + d] += slope * q.data[query + d];
        sums[k.data.length + key + d] += weight * g.data[query + d];
      }
    });
    const result = emptyHostTensor(output);
    result.data.set(sums);
    return result;
  },

  lower: lowerKeyGradient,
});

/**
 * Gradients of attention by queries, keys and values without storing scores (Dao et al. 2022, "FlashAttention", algorithm 4): a score's
 * weight is made again from the logarithm of its query's sum (`statistics`), and its slope is weight · (g · v - g · y).
 * @throws AiprodError 'missing-feature' when a bias of the scores is to be trained.
 */
export const attentionGradients: GradientRule = ({ inputs, output, gradient, attributes, wants }) => {
  const [q, k, v, bias] = inputs;
  if (wants(3)) {
    throw new AiprodError('missing-feature', 'a bias of attention scores has no gradient rule', {
      found: 'attention',
      hint: 'Keep relative positions frozen',
    });
  }
  const { tracer } = q;
  const extra = inputs.length > 3 ? [bias] : [];
  const statistics = tracer.apply('attentionStatistics', [q, k, ...extra], attributes);
  const products = sum(multiply(gradient, output, 'f32'), [-1]);
  const read: Tensor[] = [q, k, v, gradient, statistics, products, ...extra];
  const byQuery = wants(0) ? tracer.apply('attentionQueryGradient', read, attributes) : undefined;
  if (!wants(1) && !wants(2)) return [byQuery];
  const both = tracer.apply('attentionKeyGradient', read, attributes);
  const part = (index: number): Tensor => reshape(slice(both, 0, index, 1), k.shape);
  return [byQuery, wants(1) ? part(0) : undefined, wants(2) ? part(1) : undefined];
};
