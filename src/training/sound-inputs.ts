import type { TrainingSample } from '../data';
import { packAudioLatents } from '../diffusion';
import { AiprodError } from '../errors';
import type { HostTensor } from '../graph';
import { joinedFloats } from '../numeric/joined';
import { drawNormal, drawUniform, type DrawKey } from './random-draws';
import type { SoundCondition } from './strategies';
import { sampleTimesteps, type TimestepSampler } from './timestep-sampling';

/** The sound of a batch as tokens, one a latent frame. */
export interface SoundInputs {
  readonly tokens: number;
  /** [B, T, D], D channels times bins: noise and sound mixed by the noise level, or the sound as it is where it is given. */
  readonly noisy: Float32Array;
  /** [B]: noise level of each sample, 0 to 1; 0 where all of it is given. */
  readonly levels: Float32Array;
  /** [B, T]: noise level of each token; 0 where it is given. */
  readonly sigmas: Float32Array;
  /** [B, T, 1]: 1 where a token counts for the loss, 0 where it is given. */
  readonly lossWeight: Float32Array;
  /** [B, T, D]: the velocity to predict, noise - sound. */
  readonly target: Float32Array;
}

export interface SoundRequest {
  readonly part: 'generated' | 'given';
  /** What of a sound that is generated is given nevertheless. */
  readonly conditions?: readonly SoundCondition[];
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
 * Of a sample that its conditions would give whole none is given.
 * @throws AiprodError 'bad-input' when a sample has no sound, or one of another length, or no mask where one is needed.
 */
export function soundInputs(samples: readonly TrainingSample[], request: SoundRequest): SoundInputs {
  const { part, conditions = [], sampler, levels: ofPicture, key } = request;
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
  const held = heldTokens(samples, tokens, conditions, key);
  const sigmas = held.map((isHeld, token) => (isHeld === 1 ? 0 : levels[Math.floor(token / tokens)]));
  const features = channels * bins;
  const sigmaOf = (k: number): number => sigmas[Math.floor(k / features)];
  return {
    tokens,
    noisy: clean.map((value, k) => (1 - sigmaOf(k)) * value + sigmaOf(k) * noise[k]),
    levels,
    sigmas,
    lossWeight: held.map((isHeld) => 1 - isHeld),
    target: clean.map((value, k) => noise[k] - value),
  };
}

/** [B, T]: 1 where a token is given by a condition that is drawn for its sample. */
function heldTokens(samples: readonly TrainingSample[], tokens: number, conditions: readonly SoundCondition[], key: DrawKey): Float32Array {
  const held = new Float32Array(samples.length * tokens);
  const draws = drawUniform(key, 'audioCondition', conditions.length * samples.length);
  for (const [k, sample] of samples.entries()) {
    const own = held.subarray(k * tokens, (k + 1) * tokens);
    for (const [c, condition] of conditions.entries()) {
      if (draws[c * samples.length + k] >= (condition.probability ?? 1)) continue;
      const gives = givenBy(condition, sample, tokens);
      for (let token = 0; token < tokens; token++) if (gives(token)) own[token] = 1;
    }
    if (!own.includes(0)) own.fill(0);
  }
  return held;
}

function givenBy(condition: SoundCondition, sample: TrainingSample, tokens: number): (token: number) => boolean {
  switch (condition.type) {
    case 'prefix':
      return (token) => token < condition.frames;
    case 'suffix':
      return (token) => token >= tokens - condition.frames;
    case 'mask': {
      const mask = sample.tensors.get('audio_masks');
      if (mask?.shape.join() !== String(tokens)) {
        throw new AiprodError('bad-input', 'the mask of a sample’s sound does not fit it', {
          where: sample.id,
          expected: `audio_masks [${tokens}]`,
          found: mask === undefined ? 'no mask' : `[${mask.shape.join(', ')}]`,
          hint: 'Preprocess the set with a column audio_mask, or change training_strategy.audio_conditions',
        });
      }
      return (token) => mask.data[token] > 0.5;
    }
  }
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
