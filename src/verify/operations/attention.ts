import { z } from 'zod';
import { attention, permute, type Tensor } from '../../graph';
import type { CaseBuilder } from './case-builder';

const attentionParams = z.object({ scale: z.number().optional(), causal: z.boolean().optional(), window: z.number().optional() });

/** PyTorch's layout [B, heads, N, D] and ours, [B, N, heads, D]. */
function swapHeads(x: Tensor): Tensor {
  return permute(x, [0, 2, 1, 3]);
}

export function attentionCase(builder: CaseBuilder): void {
  const options = attentionParams.parse(builder.params);
  const [q, k, v] = ['q', 'k', 'v'].map((name) => swapHeads(builder.input(name)));
  const bias = builder.has('mask') ? { bias: builder.input('mask') } : {};
  builder.output('y', swapHeads(attention(q, k, v, { ...options, ...bias })));
}
