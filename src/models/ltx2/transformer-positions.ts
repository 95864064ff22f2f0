import {
  ltx2AudioCoordinates,
  ltx2RotaryTable,
  ltx2VideoCoordinates,
  midpointFractions,
  type RotaryTable,
  type Size3,
} from '../../numeric/rotary-tables';
import type { OfBoth } from './transformer-block';
import type { Ltx2TransformerConfig } from './transformer-config';

/** Where the tokens of a clip are. */
export interface Ltx2Positions {
  readonly video:
    | { readonly frames: number; readonly height: number; readonly width: number; readonly fps: number }
    /** Start and end of each token in seconds, pixel rows and pixel columns, [3, N, 2]. */
    | { readonly bounds: Float32Array };
  /** Latent frames of the sound. */
  readonly audioFrames: number;
}

/** Tables [N, heads, pairs of a head] of one stream: its own, and those in time alone between picture and sound. */
export interface Ltx2RotaryTables {
  readonly rotary: RotaryTable;
  readonly exchangeRotary: RotaryTable;
}

/** Start and end of each video token in seconds, pixel rows and pixel columns, [3, N, 2]. */
export function ltx2VideoBounds(config: Ltx2TransformerConfig, { video }: Ltx2Positions): Float32Array {
  if ('bounds' in video) return video.bounds;
  const grid: Size3 = [video.frames, video.height, video.width];
  return ltx2VideoCoordinates(grid, {
    scaleFactors: config.vae_scale_factors,
    fps: video.fps,
    patchSize: config.patch_size,
    patchSizeT: config.patch_size_t,
    causalOffset: config.causal_offset,
  });
}

/** Rotary tables of both streams. Half precision of these positions would be heard as an echo: they are f32 everywhere. */
export function ltx2RotaryTables(config: Ltx2TransformerConfig, positions: Ltx2Positions): OfBoth<Ltx2RotaryTables> {
  const videoBounds = ltx2VideoBounds(config, positions);
  const audioBounds = ltx2AudioCoordinates(positions.audioFrames, {
    scaleFactor: config.audio_scale_factor,
    samplingRate: config.audio_sampling_rate,
    hopLength: config.audio_hop_length,
    patchSizeT: config.audio_patch_size_t,
    causalOffset: config.causal_offset,
  });
  const audioWidth = config.audio_num_attention_heads * config.audio_attention_head_dim;
  const sharedSeconds = Math.max(config.pos_embed_max_pos, config.audio_pos_embed_max_pos);
  const table = (bounds: Float32Array, bases: readonly number[], channels: number, heads: number): RotaryTable =>
    ltx2RotaryTable(midpointFractions(bounds, bases), {
      axes: bases.length,
      channels,
      heads,
      theta: config.rope_theta,
      precision: config.rope_double_precision ? 'f64' : 'f32',
    });
  const videoTimes = videoBounds.subarray(0, videoBounds.length / 3);
  return {
    video: {
      rotary: table(
        videoBounds,
        [config.pos_embed_max_pos, config.base_height, config.base_width],
        config.num_attention_heads * config.attention_head_dim,
        config.num_attention_heads,
      ),
      exchangeRotary: table(videoTimes, [sharedSeconds], audioWidth, config.num_attention_heads),
    },
    audio: {
      rotary: table(audioBounds, [config.audio_pos_embed_max_pos], audioWidth, config.audio_num_attention_heads),
      exchangeRotary: table(audioBounds, [sharedSeconds], audioWidth, config.audio_num_attention_heads),
    },
  };
}
