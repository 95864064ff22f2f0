import { z } from 'zod';
import { compareOutputs, floatInput, type GoldenCase } from '../golden';
import {
  buildLtx2TransformerGraph,
  ltx2RotaryTables,
  ltx2TimestepInputs,
  parseLtx2TransformerConfig,
  type Ltx2Positions,
  type Ltx2TransformerConfig,
} from './ltx2/audio-video';
import type { Perturbation } from './perturbations';
import { caseParams, componentConfig, singleComponent } from './verify-case';
import { runModel, type Recipe } from './verify-run';

const params = z.object({
  kwargs: z.object({
    num_frames: z.number(),
    height: z.number(),
    width: z.number(),
    fps: z.number().default(24),
    audio_num_frames: z.number(),
    isolate_modalities: z.boolean().default(false),
    spatio_temporal_guidance_blocks: z.array(z.number()).default([]),
    use_cross_timestep: z.boolean().default(false),
  }),
});

/** Recipe `ltx2_transformer`: both predictions, rotary tables and what every block returned. */
export const verifyLtx2Transformer: Recipe = async (golden, run, options) => {
  const config = parseLtx2TransformerConfig(componentConfig(golden, singleComponent(golden)), golden.name);
  const { kwargs } = caseParams(golden, params);
  const positions = positionsOf(golden, kwargs);
  const text = floatInput(golden, 'encoder_hidden_states');
  const batch = text.shape[0];
  const masked = golden.inputs.has('encoder_attention_mask');
  const timestepOf = (name: string): Float32Array => floatInput(golden, golden.inputs.has(`audio_${name}`) ? `audio_${name}` : name).data;
  const timesteps = {
    video: { tokens: floatInput(golden, 'timestep').data, sample: floatInput(golden, 'sigma').data },
    audio: { tokens: timestepOf('timestep'), sample: timestepOf('sigma') },
  };
  const kindOf = (values: Float32Array): 'sample' | 'token' => (values.length > batch ? 'token' : 'sample');
  const everyBlock = Array.from({ length: config.num_layers }, (_, block) => block);
  const perturbations: Perturbation[] = [
    { kind: 'attention-values', blocks: kwargs.spatio_temporal_guidance_blocks },
    ...(kwargs.isolate_modalities ? (['audio-to-video', 'video-to-audio'] as const) : []).map((kind) => ({ kind, blocks: everyBlock })),
  ];
  const crossTimestep = kwargs.use_cross_timestep;
  const capture = [...golden.outputs.keys()].filter((name) => name !== 'sample' && name !== 'audio_sample' && !name.includes('rope.'));
  const model = buildLtx2TransformerGraph(config, {
    batch,
    positions,
    textLength: text.shape[1],
    timesteps: { video: kindOf(timesteps.video.tokens), audio: kindOf(timesteps.audio.tokens) },
    masked,
    crossTimestep,
    perturbations,
    capture,
    ...options,
  });
  const names = ['hidden_states', 'encoder_hidden_states', ...(masked ? ['encoder_attention_mask'] : [])];
  const given = names.flatMap((name) => [name, `audio_${name}`]).map((name) => [name, floatInput(golden, name).data] as const);
  const inputs = { ...Object.fromEntries(given), ...ltx2TimestepInputs(config, timesteps, { crossTimestep }) };
  const actual = await runModel(golden, run, model, inputs);
  for (const [name, values] of referenceTables(config, positions, batch)) actual.set(name, values);
  return compareOutputs(golden, actual);
};

function positionsOf(golden: GoldenCase, kwargs: z.output<typeof params>['kwargs']): Ltx2Positions {
  const { num_frames: frames, height, width, fps, audio_num_frames: audioFrames } = kwargs;
  if (!golden.inputs.has('video_coords')) return { video: { frames, height, width, fps }, audioFrames };
  const { data, shape } = floatInput(golden, 'video_coords');
  return { video: { bounds: data.subarray(0, data.length / shape[0]) }, audioFrames };
}

/**
 * Rotary tables as the reference returns them, for every sample: by heads [B, H, N, pairs] in the split layout, else each value twice
 * [B, N, 2 pairs of all heads].
 */
function* referenceTables(config: Ltx2TransformerConfig, positions: Ltx2Positions, batch: number): Generator<[string, Float32Array]> {
  const { video, audio } = ltx2RotaryTables(config, positions);
  const tables = {
    rope: video.rotary,
    audio_rope: audio.rotary,
    cross_attn_rope: video.exchangeRotary,
    cross_attn_audio_rope: audio.exchangeRotary,
  };
  for (const [name, { cos, sin, shape }] of Object.entries(tables)) {
    const [tokens, heads, pairs] = shape;
    const arranged = (values: Float32Array): Float32Array => {
      const one =
        config.rope_type === 'interleaved'
          ? Float32Array.from({ length: 2 * values.length }, (_, i) => values[i >> 1])
          : Float32Array.from(values, (_, i) => {
              const [head, token, pair] = [Math.floor(i / (tokens * pairs)), Math.floor(i / pairs) % tokens, i % pairs];
              return values[(token * heads + head) * pairs + pair];
            });
      return Float32Array.from({ length: batch * one.length }, (_, i) => one[i % one.length]);
    };
    yield [`${name}.0`, arranged(cos)];
    yield [`${name}.1`, arranged(sin)];
  }
}
