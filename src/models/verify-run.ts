import { z } from 'zod';
import { type Comparison, floatInput } from '../golden';
import { buildTransformerGraph, type LtxPositions, type ModelGraph, type TransformerGraphOptions } from './build';
import { parseLtxTransformerConfig } from './ltx-video';
import { timestepInput } from './timesteps';
import {
  caseParams,
  componentConfig,
  floatResults,
  singleComponent,
  type GraphRunner,
  type ModelCase,
  type WeightReader,
} from './verify-case';

export interface VerifyOptions {
  /** Storage type of weights and activations. Default f32. */
  readonly dtype?: 'f32' | 'f16';
}

/** Computes what a reference case holds. */
export type Recipe = (golden: ModelCase, run: GraphRunner, options: VerifyOptions) => Promise<Comparison[]>;

type Inputs = Parameters<GraphRunner>[1];

/** Runs a model's graph over a component's weights. */
export async function runModel(
  golden: ModelCase,
  run: GraphRunner,
  { graph }: ModelGraph,
  inputs: Inputs,
  weights?: WeightReader,
): Promise<Map<string, Float32Array>> {
  const { read } = weights ?? (await golden.openWeights(singleComponent(golden)));
  return floatResults(await run(graph, inputs, read));
}

const size3 = z.tuple([z.number(), z.number(), z.number()]);
const gridParams = z.object({ num_frames: z.number(), height: z.number(), width: z.number(), rope_interpolation_scale: size3.optional() });

/** Where the tokens of a case are. */
export function positionsOf(golden: ModelCase): LtxPositions {
  if (golden.inputs.has('video_coords')) {
    const { data, shape } = floatInput(golden, 'video_coords');
    return { coordinates: data, tokens: shape[2] };
  }
  const { num_frames, height, width, rope_interpolation_scale } = caseParams(golden, gridParams);
  return { frames: num_frames, height, width, ropeInterpolationScale: rope_interpolation_scale };
}

/** The LTX-Video transformer of a case, and its inputs. */
export function transformerOf(golden: ModelCase, options: Partial<TransformerGraphOptions>): { model: ModelGraph; inputs: Inputs } {
  const config = parseLtxTransformerConfig(componentConfig(golden, singleComponent(golden)), golden.name);
  const text = floatInput(golden, 'encoder_hidden_states');
  const timestep = floatInput(golden, 'timestep');
  const masked = golden.inputs.has('encoder_attention_mask');
  const model = buildTransformerGraph(config, {
    batch: text.shape[0],
    positions: positionsOf(golden),
    textLength: text.shape[1],
    timesteps: timestep.shape.length > 1 ? 'token' : 'sample',
    masked,
    ...options,
  });
  const inputs = {
    hidden_states: floatInput(golden, 'hidden_states').data,
    encoder_hidden_states: text.data,
    timestep_sinusoid: timestepInput(timestep.data),
    ...(masked ? { encoder_attention_mask: floatInput(golden, 'encoder_attention_mask').data } : {}),
  };
  return { model, inputs };
}
