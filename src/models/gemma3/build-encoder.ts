import { concat, reshape, type Tensor } from '../../graph';
import { buildGraph, requirePositive, type BuildOptions, type ModelGraph } from '../build-graph';
import type { Gemma3Config } from './config';
import { gemma3Encoder } from './encoder';

export interface Gemma3GraphOptions extends BuildOptions {
  readonly batch: number;
  /** Tokens of a prompt, padding included. */
  readonly length: number;
  /** Position of the first token: how many places of padding before it are left out. Default 0. */
  readonly firstPosition?: number | undefined;
  /** Whether every hidden state is returned (`hidden_states`) or the last one (`last_hidden_state`). Default all. */
  readonly states?: 'all' | 'last';
}

/**
 * Gemma 3 text model. Inputs `input_ids` [B, N] i32 and `attention_mask` [B, N] f32; output `hidden_states`
 * [B, N, hidden_size, layers + 1], the embedding first, as LTX-2 reads them, or `last_hidden_state` [B, N, hidden_size].
 */
export function buildGemma3Graph(config: Gemma3Config, options: Gemma3GraphOptions): ModelGraph {
  const { batch, length } = options;
  requirePositive('text encoder', { batch, length });
  return buildGraph(options, (tracer, capture): Readonly<Record<string, Tensor>> => {
    const inputIds = tracer.input('input_ids', [batch, length], 'i32');
    const attentionMask = tracer.input('attention_mask', [batch, length], 'f32');
    const { firstPosition } = options;
    const states = gemma3Encoder(tracer, config, { inputIds, attentionMask, firstPosition }, capture);
    if (options.states === 'last') return { last_hidden_state: states[states.length - 1] };
    return {
      hidden_states: concat(
        states.map((state) => reshape(state, [...state.shape, 1])),
        -1,
      ),
    };
  });
}
