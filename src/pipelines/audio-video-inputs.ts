import { AiprodError } from '../errors';
import { predictionsOfPasses, type GuidancePass } from '../diffusion';
import { ltx2TimestepInputs, streamShape, type Ltx2Positions, type Ltx2TransformerConfig } from '../models';
import type { EncodedText, TokenPositions, TransformerRequest } from './video-machine';
import { repeated, textInputs } from './transformer-inputs';

/** Every block: in all of them picture and sound attend to each other. */
export function blockNumbers(config: Ltx2TransformerConfig): number[] {
  return Array.from({ length: config.num_layers }, (_, block) => block);
}

/** Where the tokens of a clip with sound are. */
export function audioVideoPositions({ positions, audio }: Pick<TransformerRequest, 'positions' | 'audio'>): Ltx2Positions {
  if (audio === undefined) throw new AiprodError('internal', 'a model of picture and sound was asked for no sound');
  return { video: videoPositions(positions, audio.frameRate), audioFrames: audio.frames };
}

function videoPositions(positions: TokenPositions, fps: number): Ltx2Positions['video'] {
  if ('frames' in positions) return { frames: positions.frames, height: positions.height, width: positions.width, fps };
  if (positions.bounds !== undefined) return { bounds: positions.bounds };
  throw new AiprodError('internal', 'the tokens of a model of picture and sound have no bounds');
}

/**
 * What the transformer takes at an evaluation, once for each of `batch` passes.
 * @param latents tokens of the video [N, C], then of the audio [T, C']
 * @param timesteps [1], or [N + T]
 */
export function audioVideoInputs(
  config: Ltx2TransformerConfig,
  latents: Float32Array,
  timesteps: Float32Array,
  { batch, audioFrames, crossTimestep }: { readonly batch: number; readonly audioFrames: number; readonly crossTimestep: boolean },
): Record<string, Float32Array> {
  const cut = latents.length - audioFrames * streamShape(config, 'audio').inChannels;
  const tokens = timesteps.length - audioFrames;
  const whole = timesteps.length === 1;
  const of = (own: Float32Array): { tokens: Float32Array; sample: Float32Array } => ({
    tokens: repeated(own, batch),
    // A sample is as noisy as the noisiest of its tokens; given ones are not what it is about.
    sample: new Float32Array(batch).fill(own.reduce((most, timestep) => Math.max(most, timestep), 0)),
  });
  const video = of(whole ? timesteps : timesteps.subarray(0, tokens));
  const audio = of(whole ? timesteps : timesteps.subarray(tokens));
  return {
    hidden_states: repeated(latents.subarray(0, cut), batch),
    audio_hidden_states: repeated(latents.subarray(cut), batch),
    ...ltx2TimestepInputs(config, { video, audio }, { crossTimestep }),
  };
}

/** The text that each pass is shown, in both streams. */
export function audioVideoText({ audioStates, ...text }: EncodedText, passes: readonly GuidancePass[]): Record<string, Float32Array> {
  if (audioStates === undefined) throw new AiprodError('internal', 'the text was not encoded for sound');
  const video = textInputs(text, passes);
  const audio = textInputs({ ...text, states: audioStates }, passes);
  return {
    ...video,
    audio_encoder_hidden_states: audio.encoder_hidden_states,
    audio_encoder_attention_mask: audio.encoder_attention_mask,
  };
}

/** Predictions of the video and of the audio, one after the other, by the names of their passes. */
export function audioVideoPredictions(
  passes: readonly GuidancePass[],
  video: Float32Array,
  audio: Float32Array,
): Record<string, Float32Array> {
  const ofAudio = predictionsOfPasses(passes, audio);
  return Object.fromEntries(
    Object.entries(predictionsOfPasses(passes, video)).map(([name, prediction]) => {
      const joined = new Float32Array(prediction.length + ofAudio[name].length);
      joined.set(prediction);
      joined.set(ofAudio[name], prediction.length);
      return [name, joined];
    }),
  );
}
