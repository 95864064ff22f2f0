import type { TrainingSample } from '../../data';
import { packLatents, type LatentShape } from '../../diffusion';
import { AiprodError } from '../../errors';
import type { HostTensor } from '../../graph';
import { compressionRatios, timestepInput } from '../../models';
import { drawNormal, sampleTimesteps, trainingNames, type DrawKey, type MicroBatch } from '../../training';
import type { TrainingConfig } from '../config';
import { timestepSampler } from '../config/to-training';
import type { TrainingSubject } from '../subject/open-subject';
import { drawCaptionless, drawHeldTokens, holdsTokens } from './held-tokens';

/** States and mask of no caption, of as many tokens as every caption has. */
export interface EmptyCaption {
  readonly states: Float32Array;
  readonly mask: Float32Array;
}

/** How samples become the inputs of a step. */
export interface PreparationOptions {
  readonly config: TrainingConfig;
  readonly key: DrawKey;
  /** Needed where captions are left out. */
  readonly emptyCaption?: EmptyCaption;
}

/** A batch as the trainer takes it: noise added by flow matching, `(1 - sigma) x + sigma noise`, whose velocity `noise - x` is to be predicted. */
export function prepareBatch(
  samples: readonly TrainingSample[],
  subject: TrainingSubject,
  { config, key, emptyCaption }: PreparationOptions,
): MicroBatch & Required<Pick<MicroBatch, 'shapes'>> {
  const { model } = subject;
  const { training_strategy: strategy } = config;
  const latents = samples.map((sample) => tensorOf(sample, 'latents', 4));
  const [channels, frames, height, width] = latents[0].shape;
  const shape: LatentShape = [1, channels, frames, height, width];
  requireChannels(samples[0], channels, model.vae.latent_channels);
  const clean = joined(latents.map(({ data }) => packLatents(Float32Array.from(data), shape, model.transformer)));
  const size = clean.length / samples.length;
  const { in_channels: features, patch_size: p, patch_size_t: pt } = model.transformer;
  const tokens = size / features;
  const noise = drawNormal(key, 'noise', clean.length);
  const levels = sampleTimesteps(timestepSampler(config), samples.length, tokens, key);
  const perToken = holdsTokens(strategy);
  const held = perToken ? drawHeldTokens(strategy, { samples: samples.length, frames: frames / pt, tokens }, key) : undefined;
  const sigmaOf = (token: number): number => (held?.[token] === 1 ? 0 : levels[Math.floor(token / tokens)]);
  const sigmas = held === undefined ? levels : Float32Array.from(held, (_, token) => sigmaOf(token));
  const noisy = clean.map((value, k) => {
    const sigma = sigmaOf(Math.floor(k / features));
    return (1 - sigma) * value + sigma * noise[k];
  });
  const text = textOf(samples, model.transformer.caption_channels);
  withoutCaptions(text, drawCaptionless(strategy, samples.length, key), emptyCaption);
  const rate = frameRateOf(samples, model.traits.defaults.frameRate);
  return {
    inputs: {
      ...subject.part.inputs,
      hidden_states: noisy,
      timestep_sinusoid: timestepInput(sigmas.map((sigma) => 1000 * sigma)),
      [trainingNames.target]: clean.map((value, k) => noise[k] - value),
      ...(held === undefined ? {} : { [trainingNames.lossWeight]: Float32Array.from(held, (value) => 1 - value) }),
      encoder_hidden_states: text.states,
      encoder_attention_mask: text.mask,
    },
    shapes: {
      key: JSON.stringify([samples.length, shape, text.length, rate]),
      graph() {
        const { spatial, temporal } = compressionRatios(model.vae);
        const positions = {
          frames: frames / pt,
          height: height / p,
          width: width / p,
          ropeInterpolationScale: [temporal / rate, spatial, spatial] as const,
        };
        const timesteps = perToken ? 'token' : 'sample';
        return subject.graph({ batch: samples.length, positions, textLength: text.length, timesteps });
      },
    },
  };
}

function requireChannels({ id }: TrainingSample, found: number, expected: number): void {
  if (found === expected) return;
  throw new AiprodError('bad-input', 'the latents are not of this model', {
    where: id,
    expected: `${expected} channels`,
    found: `${found} channels`,
    hint: 'Run aiprod preprocess with the model that is trained',
  });
}

/** Puts the encoding of no caption in the place of some. */
function withoutCaptions({ states, mask, length }: BatchText, left: readonly boolean[], empty: EmptyCaption | undefined): void {
  const width = states.length / mask.length;
  for (const [sample, isLeft] of left.entries()) {
    if (!isLeft) continue;
    if (empty?.mask.length !== length || empty.states.length !== length * width) {
      throw new AiprodError('shape-mismatch', 'captions of the set are not as long as those that the model encodes', {
        expected: `${empty?.mask.length ?? 0} tokens, padding included`,
        found: `${length}`,
        hint: 'Run aiprod preprocess with the model that is trained, or set training_strategy.caption_dropout_p to 0',
      });
    }
    states.set(empty.states, sample * length * width);
    mask.set(empty.mask, sample * length);
  }
}

interface BatchText {
  readonly states: Float32Array;
  readonly mask: Float32Array;
  /** Tokens of a caption. */
  readonly length: number;
}

function textOf(samples: readonly TrainingSample[], width: number): BatchText {
  const states = samples.map((sample) => tensorOf(sample, 'prompt_embeds', 2));
  const masks = samples.map((sample) => tensorOf(sample, 'prompt_mask', 1));
  const [length, found] = states[0].shape;
  for (const [k, { shape }] of states.entries()) {
    if (shape[0] === length && shape[1] === width && masks[k].shape[0] === length) continue;
    throw new AiprodError('shape-mismatch', 'the captions of a batch do not fit the model, or each other', {
      where: samples[k].id,
      expected: `prompt_embeds [${length}, ${width}] and prompt_mask [${length}]`,
      found: `[${shape.join(', ')}] and [${masks[k].shape.join(', ')}]${found === width ? '' : ', of another text encoder'}`,
      hint: 'Run aiprod preprocess with the model that is trained',
    });
  }
  return { states: joined(states.map(({ data }) => data)), mask: joined(masks.map(({ data }) => data)), length };
}

function tensorOf({ id, tensors }: TrainingSample, name: string, rank: number): HostTensor {
  const tensor = tensors.get(name);
  if (tensor?.shape.length === rank) return tensor;
  throw new AiprodError('shape-mismatch', `a sample lacks ${name}`, {
    where: id,
    expected: `${name} of ${rank} dimensions`,
    found: tensor === undefined ? [...tensors.keys()].join(', ') : `[${tensor.shape.join(', ')}]`,
    hint: 'Run aiprod preprocess again',
  });
}

/** Frames a second, the same for all samples of a batch: positions in time are part of the program. */
function frameRateOf(samples: readonly TrainingSample[], usual: number): number {
  const rates = new Set(samples.map(({ fps }) => fps ?? usual));
  if (rates.size === 1) return [...rates][0];
  throw new AiprodError('bad-input', 'clips of a batch have different frame rates', {
    where: samples.map(({ id }) => id).join(', '),
    found: [...rates].join(', '),
    hint: 'Preprocess them at one rate, or set optimization.batch_size to 1',
  });
}

function joined(parts: readonly ArrayLike<number>[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
