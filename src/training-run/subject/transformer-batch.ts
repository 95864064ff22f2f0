import { PRECOMPUTED_FOLDERS, type TrainingSample } from '../../data';
import { AiprodError } from '../../errors';
import type { Graph, HostTensor } from '../../graph';
import { joinedFloats } from '../../numeric/joined';
import {
  captionsDropped,
  givesTokens,
  hasSound,
  needsCondition,
  soundConditionsOf,
  soundInputs,
  streamInputs,
  strategyInputs,
  trainingNames,
  type TrainingStrategy,
} from '../../training';
import { timestepSampler, trainingStrategy } from '../config/to-training';
import {
  noAudio,
  type AudioShape,
  type ImageBatch,
  type StreamBatch,
  type TextBatch,
  type TrainedTransformer,
  type TransformerShape,
} from './trained-transformer';
import type { BatchOptions, EmptyCaption, SubjectBatch } from './training-subject';

/** What batches are made for. */
export interface TransformerBatchRequest extends BatchOptions {
  readonly transformer: TrainedTransformer;
  /** Frames a second of samples that do not say. */
  readonly frameRate: number;
  /** The graph that is trained, for shapes. */
  graph(shape: TransformerShape): Graph;
}

/**
 * A batch as the trainer takes it: noise added by flow matching, `(1 - sigma) x + sigma noise`, whose velocity `noise - x` is to be predicted, of the picture
 * and of the sound.
 */
export function transformerBatch(samples: readonly TrainingSample[], request: TransformerBatchRequest): SubjectBatch {
  const { transformer, graph, config, key, emptyCaption } = request;
  const strategy = trainingStrategy(config);
  const picture = pictureOf(samples, strategy, request);
  const sound = soundOf(samples, strategy, picture.stream, request);
  const text = textOf(samples, transformer);
  withoutCaptions(text, captionsDropped(samples, strategy, key), emptyCaption);
  const shape: TransformerShape = {
    batch: samples.length,
    ...picture.shape,
    textLength: text.length,
    video: strategy.video ?? 'generated',
    audio: sound?.shape ?? noAudio,
  };
  const image = imageOf(samples, transformer, shape.latents);
  const batch = {
    video: picture.stream,
    ...(sound === undefined ? {} : { audio: sound.stream }),
    text,
    ...(image === undefined ? {} : { image }),
  };
  return {
    inputs: { ...transformer.inputs(batch, shape), ...picture.weights, ...sound?.weights },
    shapes: {
      key: JSON.stringify([samples.length, text.length, shape.latents, shape.frameRate, picture.tokens, shape.audio]),
      graph: () => graph(shape),
    },
  };
}

interface PictureBatch {
  readonly stream: StreamBatch;
  readonly shape: Pick<TransformerShape, 'latents' | 'positions' | 'bounds' | 'frameRate' | 'timesteps'>;
  readonly tokens: number;
  /** How much each token's error counts, where some are given. */
  readonly weights: Readonly<Record<string, Float32Array>>;
}

function pictureOf(
  samples: readonly TrainingSample[],
  strategy: TrainingStrategy,
  { transformer, frameRate, config, key }: TransformerBatchRequest,
): PictureBatch {
  const { ratios, patch } = transformer;
  if (strategy.video === 'none') return noPicture(samples.length, transformer);
  const [channels, frames, height, width] = tensorOf(samples[0], 'latents', 4).shape;
  requireWidth(samples[0], 'latents', channels, transformer.latentChannels);
  const rate = frameRateOf(samples, frameRate);
  const { noisy, sigmas, levels, target, lossWeight, tokens, coordinates, bounds } = strategyInputs(samples, {
    strategy,
    sampler: timestepSampler(config),
    model: { patch, ratios, frameRate: rate },
    key,
  });
  const perToken = givesTokens(strategy);
  // Places are those of the pipeline that will run what is trained: with references that of conditions, else the plain one's grid.
  const placed = needsCondition(strategy, 'reference');
  return {
    // Without given tokens all of a sample have one level.
    stream: { noisy, target, levels: perToken ? sigmas : levels, sampleLevels: levels },
    shape: {
      latents: [frames, height, width],
      frameRate: rate,
      timesteps: perToken ? 'token' : 'sample',
      positions: placed
        ? { coordinates, tokens }
        : {
            frames: frames / patch.patch_size_t,
            height: height / patch.patch_size,
            width: width / patch.patch_size,
            ropeInterpolationScale: [ratios.temporal / rate, ratios.spatial, ratios.spatial],
          },
      ...(placed ? { bounds } : {}),
    },
    tokens,
    weights: perToken ? { [trainingNames.lossWeight]: lossWeight } : {},
  };
}

function noPicture(batch: number, transformer: TrainedTransformer): PictureBatch {
  const { patch_size_t: frames, patch_size: size } = transformer.patch;
  return {
    stream: nothing(batch, transformer.latentChannels * frames * size * size),
    shape: {
      latents: [frames, size, size],
      positions: { frames: 1, height: 1, width: 1 },
      frameRate: 1,
      timesteps: 'sample',
    },
    tokens: 1,
    weights: {},
  };
}

/** One token of zeros for each sample. */
function nothing(batch: number, features: number): StreamBatch {
  const [empty, levels] = [new Float32Array(batch * features), new Float32Array(batch)];
  return { noisy: empty, target: empty, levels, sampleLevels: levels };
}

interface SoundBatch {
  readonly stream: StreamBatch;
  readonly shape: AudioShape;
  /** How much each token's error counts, where some are given. */
  readonly weights?: Readonly<Record<string, Float32Array>>;
}

/** The sound of a batch of a model that has sound. */
function soundOf(
  samples: readonly TrainingSample[],
  strategy: TrainingStrategy,
  picture: StreamBatch,
  { transformer, config, key }: TransformerBatchRequest,
): SoundBatch | undefined {
  const { audio } = transformer;
  if (audio === undefined) return undefined;
  const { audio: part = 'none' } = strategy;
  if (part === 'none') return { stream: nothing(samples.length, audio.features), shape: noAudio };
  const [first] = samples;
  if (!hasSound(first) && part === 'generated' && strategy.video === 'generated')
    return { stream: nothing(samples.length, audio.features), shape: { ...noAudio, part, silent: true } };
  // The flexible strategy draws the levels of both apart, as LTX-2's trainer does.
  const shared = strategy.name !== 'flexible' && strategy.video === 'generated';
  const conditions = soundConditionsOf(strategy);
  const { tokens, noisy, levels, sigmas, lossWeight, target } = soundInputs(samples, {
    part,
    conditions,
    sampler: timestepSampler(config),
    key,
    ...(shared ? { levels: picture.sampleLevels } : {}),
  });
  requireWidth(first, 'audio_latents', noisy.length / (samples.length * tokens), audio.features);
  const perToken = conditions.length > 0;
  return {
    stream: { noisy, target, levels: perToken ? sigmas : levels, sampleLevels: levels },
    shape: { part, frames: tokens, silent: false, timesteps: perToken ? 'token' : 'sample' },
    ...(perToken ? { weights: { [streamInputs('audio_sample').lossWeight]: lossWeight } } : {}),
  };
}

/** First frames of a batch of a model of image to video, whose clips all begin with one. */
function imageOf(
  samples: readonly TrainingSample[],
  { image }: TrainedTransformer,
  [frames, height, width]: TransformerShape['latents'],
): ImageBatch | undefined {
  if (image === undefined) return undefined;
  const joined = (name: string, shape: readonly number[]): Float32Array =>
    joinedFloats(
      samples.map((sample) => {
        const tensor = tensorOf(sample, name, shape.length);
        if (tensor.shape.join() === shape.join()) return tensor.data;
        throw new AiprodError('shape-mismatch', 'the first frame of a sample does not fit the model', {
          where: sample.id,
          expected: `${name} [${shape.join(', ')}]`,
          found: `[${tensor.shape.join(', ')}]`,
          hint: 'Run aiprod preprocess with the model that is trained',
        });
      }),
    );
  const folder = PRECOMPUTED_FOLDERS.imageConditions;
  return {
    condition: joined(folder, [image.channels, frames, height, width]),
    states: joined(`${folder}.image_embeds`, [image.tokens, image.width]),
  };
}

function requireWidth({ id }: TrainingSample, what: string, found: number, expected: number): void {
  if (found === expected) return;
  throw new AiprodError('bad-input', `the ${what} are not of this model`, {
    where: id,
    expected: `${expected} numbers for each place`,
    found: String(found),
    hint: 'Run aiprod preprocess with the model that is trained',
  });
}

/** Puts the encoding of no caption in the place of some. */
function withoutCaptions(text: BatchText, left: readonly boolean[], empty: EmptyCaption | undefined): void {
  const { length, mask } = text;
  const parts = [
    { values: text.states, empty: empty?.states },
    { values: mask, empty: empty?.mask },
    ...(text.audioStates === undefined ? [] : [{ values: text.audioStates, empty: empty?.audioStates }]),
  ];
  for (const [sample, isLeft] of left.entries()) {
    if (!isLeft) continue;
    for (const { values, empty: replacement } of parts) {
      const size = values.length / left.length;
      if (replacement?.length !== size) {
        throw new AiprodError('shape-mismatch', 'captions of the set are not as long as those that the model encodes', {
          expected: `${empty?.mask.length ?? 0} tokens, padding included`,
          found: `${length}`,
          hint: 'Run aiprod preprocess with the model that is trained, or set training_strategy.caption_dropout_p to 0',
        });
      }
      values.set(replacement, sample * size);
    }
  }
}

interface BatchText extends TextBatch {
  /** Tokens of a caption. */
  readonly length: number;
}

function textOf(samples: readonly TrainingSample[], { textWidth, audio }: TrainedTransformer): BatchText {
  const masks = samples.map((sample) => tensorOf(sample, 'prompt_mask', 1));
  const [length] = masks[0].shape;
  const statesOf = (name: string, width: number): Float32Array =>
    joinedFloats(
      samples.map((sample, k) => {
        const { data, shape } = tensorOf(sample, name, 2);
        if (shape[0] === length && shape[1] === width && masks[k].shape[0] === length) return data;
        throw new AiprodError('shape-mismatch', 'the captions of a batch do not fit the model, or each other', {
          where: sample.id,
          expected: `${name} [${length}, ${width}] and prompt_mask [${length}]`,
          found: `[${shape.join(', ')}] and [${masks[k].shape.join(', ')}]${shape[1] === width ? '' : ', of another text encoder'}`,
          hint: 'Run aiprod preprocess with the model that is trained',
        });
      }),
    );
  return {
    states: statesOf('prompt_embeds', textWidth),
    ...(audio === undefined ? {} : { audioStates: statesOf('audio_prompt_embeds', audio.textWidth) }),
    mask: joinedFloats(masks.map(({ data }) => data)),
    length,
  };
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
