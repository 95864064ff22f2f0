import type { TrainingSample } from '../../data';
import { packLatents, type LatentShape } from '../../diffusion';
import { AiprodError } from '../../errors';
import type { HostTensor } from '../../graph';
import { compressionRatios, timestepInput } from '../../models';
import { drawNormal, sampleTimesteps, trainingNames, type DrawKey, type MicroBatch, type TimestepSampler } from '../../training';
import type { TrainingSubject } from '../subject/open-subject';

/** A batch as the trainer takes it. */
export function prepareBatch(
  samples: readonly TrainingSample[],
  subject: TrainingSubject,
  { sampler, key }: { readonly sampler: TimestepSampler; readonly key: DrawKey },
): MicroBatch & Required<Pick<MicroBatch, 'shapes'>> {
  const { model } = subject;
  const latents = samples.map((sample) => tensorOf(sample, 'latents', 4));
  const [channels, frames, height, width] = latents[0].shape;
  const shape: LatentShape = [1, channels, frames, height, width];
  if (channels !== model.vae.latent_channels) {
    throw new AiprodError('bad-input', 'the latents are not of this model', {
      where: samples[0].id,
      expected: `${model.vae.latent_channels} channels`,
      found: `${channels} channels`,
      hint: 'Run aiprod preprocess with the model that is trained',
    });
  }
  const clean = joined(latents.map(({ data }) => packLatents(Float32Array.from(data), shape, model.transformer)));
  const size = clean.length / samples.length;
  const tokens = size / model.transformer.in_channels;
  const noise = drawNormal(key, 'noise', clean.length);
  const sigmas = sampleTimesteps(sampler, samples.length, tokens, key);
  const sigmaOf = (k: number): number => sigmas[Math.floor(k / size)];
  const text = textOf(samples, model.transformer.caption_channels);
  const rate = frameRateOf(samples, model.traits.defaults.frameRate);
  return {
    inputs: {
      ...subject.part.inputs,
      hidden_states: clean.map((value, k) => (1 - sigmaOf(k)) * value + sigmaOf(k) * noise[k]),
      timestep_sinusoid: timestepInput(sigmas.map((sigma) => 1000 * sigma)),
      [trainingNames.target]: clean.map((value, k) => noise[k] - value),
      encoder_hidden_states: text.states,
      encoder_attention_mask: text.mask,
    },
    shapes: {
      key: JSON.stringify([samples.length, shape, text.length, rate]),
      graph() {
        const { spatial, temporal } = compressionRatios(model.vae);
        const { patch_size: p, patch_size_t: pt } = model.transformer;
        const positions = {
          frames: frames / pt,
          height: height / p,
          width: width / p,
          ropeInterpolationScale: [temporal / rate, spatial, spatial] as const,
        };
        return subject.graph({ batch: samples.length, positions, textLength: text.length, timesteps: 'sample' });
      },
    },
  };
}

function textOf(
  samples: readonly TrainingSample[],
  width: number,
): { readonly states: Float32Array; readonly mask: Float32Array; readonly length: number } {
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
