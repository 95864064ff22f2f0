import { z } from 'zod';
import { AiprodError } from '../errors';
import { Tracer, type Graph, type HostTensor } from '../graph';
import { activations } from './operations/activations';
import { audioStft, vocoderFilters } from './operations/audio';
import { attentionCase } from './operations/attention';
import { CaseBuilder, type OperationCaseInput } from './operations/case-builder';
import { causalConvolution, convolutionVariety, wanConvolution } from './operations/convolutions';
import { norms } from './operations/norms';
import { ltxRope, ltx2Rope, wanRope } from './operations/ropes';
import { shuffles, timestepEmbedding } from './operations/shuffles';

export type { OperationCaseInput };

/** A reference case of single operations as a graph of ours. */
export interface OperationCase {
  readonly graph: Graph;
  readonly inputs: Readonly<Record<string, HostTensor['data']>>;
  /** Names of the graph's outputs, which are those of the case. */
  readonly outputs: readonly string[];
}

const kinds: Readonly<Record<string, (builder: CaseBuilder) => void>> = {
  activations,
  conv_causal: causalConvolution,
  wan_conv: wanConvolution,
  conv_transpose: convolutionVariety,
  norms,
  rope_ltx: ltxRope,
  rope_ltx2: ltx2Rope,
  rope_wan: wanRope,
  sdpa: attentionCase,
  shuffles,
  stft: audioStft,
  timestep: timestepEmbedding,
  vocoder_filters: vocoderFilters,
};

/**
 * Builds the graph that computes every output of an `ops` reference case from its inputs, in the reference's layouts.
 * @throws AiprodError `bad-input` for an unknown kind of case or an input it lacks.
 */
export function buildOperationCase(
  golden: { readonly params: unknown; readonly inputs: ReadonlyMap<string, OperationCaseInput> },
  dtype: 'f32' | 'f16' = 'f32',
): OperationCase {
  const { op } = z.object({ op: z.string() }).parse(golden.params);
  if (!(op in kinds)) {
    throw new AiprodError('bad-input', 'this kind of operation case is unknown', { expected: Object.keys(kinds).join(', '), found: op });
  }
  const builder = new CaseBuilder(golden.params, golden.inputs, new Tracer({ dtype }));
  kinds[op](builder);
  const graph = builder.tracer.finish();
  return { graph, inputs: builder.values, outputs: [...graph.outputs.keys()] };
}
