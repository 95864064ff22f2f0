import type { TrainingSample } from '../data';
import { packAudioLatents } from '../diffusion';
import { AiprodError } from '../errors';
import type { HostTensor } from '../graph';
import { joinedFloats } from '../numeric/joined';
import { drawNormal, type DrawKey } from './random-draws';
import { sampleTimesteps, type TimestepSampler } from './timestep-sampling';

/** The sound of a batch as tokens, one a latent frame. */
export interface SoundInputs {
  readonly tokens: number;
  /** [B, T, D], D channels times bins: noise and sound mixed by the noise level, or the sound as it is where it is given. */
  readonly noisy: Float32Array;
  /** [B]: noise level of each sample, 0 to 1; 0 where it is given. */
  readonly levels: Float32Array;
  /** [B, T, D]: the velocity to predict, noise - sound. */
  readonly target: Float32Array;
}

export interface SoundRequest {
  readonly part: 'generated' | 'given';
  readonly sampler: TimestepSampler;
  /** Noise levels of the picture that goes with it; absent: it has levels of its own. */
  readonly levels?: Float32Array;
  readonly key: DrawKey;
}

/** Whether a sample has sound. */
export function hasSound({ tensors }: TrainingSample): boolean {
  return tensors.has('audio_latents');
}

/**
 * `audio_latents` [C, T, M] of samples of one bucket as what the model reads and what it shall predict: a pure function of them and of the key.
 * @throws AiprodError 'bad-input' when a sample has no sound, or one of another length.
 */
export function soundInputs(samples: readonly TrainingSample[], { part, sampler, levels: ofPicture, key }: SoundRequest): SoundInputs {
  const [channels, tokens, bins] = soundOf(samples[0]).shape;
  const sounds = samples.map((sample) => {
    const { shape, data } = soundOf(sample);
    if (shape.join() !== [channels, tokens, bins].join())
      throw refusal(sample, `[${channels}, ${tokens}, ${bins}]`, `[${shape.join(', ')}]`);
    return packAudioLatents(Float32Array.from(data), [1, channels, tokens, bins]);
  });
  const clean = joinedFloats(sounds);
  const noise = drawNormal(key, 'audioNoise', clean.length);
  const own = (): Float32Array => ofPicture ?? sampleTimesteps(sampler, samples.length, tokens, key, 'audioTimestep');
  const levels = part === 'given' ? new Float32Array(samples.length) : own();
  const levelOf = (k: number): number => levels[Math.floor((k * samples.length) / clean.length)];
  return {
    tokens,
    noisy: clean.map((value, k) => (1 - levelOf(k)) * value + levelOf(k) * noise[k]),
    levels,
    target: clean.map((value, k) => noise[k] - value),
  };
}

function soundOf(sample: TrainingSample): HostTensor {
  const sound = sample.tensors.get('audio_latents');
  if (sound?.shape.length === 3) return sound;
  throw refusal(sample, '[C, T, M]', sound === undefined ? 'no sound' : `[${sound.shape.join(', ')}]`);
}

function refusal({ id }: TrainingSample, expected: string, found: string): AiprodError {
  return new AiprodError('bad-input', 'the sound of a sample does not fit the training', {
    where: id,
    expected: `audio_latents ${expected}`,
    found,
    hint: 'Run aiprod preprocess with preprocess.with_audio and the model that is trained',
  });
}
