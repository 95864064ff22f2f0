import type { TrainingSample } from '../../data';
import { AiprodError } from '../../errors';
import type { Graph, HostTensor } from '../../graph';
import type { LtxPositions } from '../../models';
import { joinedFloats } from '../../numeric/joined';
import { givesTokens, needsCondition, strategyInputs, trainingNames } from '../../training';
import { timestepSampler, trainingStrategy } from '../config/to-training';
import type { TrainedTransformer, TransformerShape } from './trained-transformer';
import type { BatchOptions, EmptyCaption, SubjectBatch } from './training-subject';

/** What batches are made for. */
export interface TransformerBatchRequest extends BatchOptions {
  readonly transformer: TrainedTransformer;
  /** Frames a second of samples that do not say. */
  readonly frameRate: number;
  /** The graph that is trained, for shapes. */
  graph(shape: TransformerShape): Graph;
}

/** A batch as the trainer takes it: noise added by flow matching, `(1 - sigma) x + sigma noise`, whose velocity `noise - x` is to be predicted. */
export function transformerBatch(
  samples: readonly TrainingSample[],
  { transformer, frameRate, graph, config, key, emptyCaption }: TransformerBatchRequest,
): SubjectBatch {
  const [channels, frames, height, width] = tensorOf(samples[0], 'latents', 4).shape;
  requireChannels(samples[0], channels, transformer.latentChannels);
  const { ratios, patch } = transformer;
  const rate = frameRateOf(samples, frameRate);
  const strategy = trainingStrategy(config);
  const { noisy, sigmas, target, lossWeight, tokens, coordinates, captionDropped } = strategyInputs(samples, {
    strategy,
    sampler: timestepSampler(config),
    model: { patch, ratios, frameRate: rate },
    key,
  });
  const perToken = givesTokens(strategy);
  // Without given tokens all of a sample have one level.
  const levels = perToken ? sigmas : Float32Array.from(samples, (_, sample) => sigmas[sample * tokens]);
  const text = textOf(samples, transformer.textWidth);
  withoutCaptions(text, captionDropped, emptyCaption);
  // Places are those of the pipeline that will run what is trained: with references that of conditions, else the plain one's grid.
  const positions: LtxPositions = needsCondition(strategy, 'reference')
    ? { coordinates, tokens }
    : {
        frames: frames / patch.patch_size_t,
        height: height / patch.patch_size,
        width: width / patch.patch_size,
        ropeInterpolationScale: [ratios.temporal / rate, ratios.spatial, ratios.spatial],
      };
  const shape: TransformerShape = {
    batch: samples.length,
    latents: [frames, height, width],
    positions,
    textLength: text.length,
    timesteps: perToken ? 'token' : 'sample',
  };
  const inputs = transformer.inputs({ noisy, target, levels, text }, shape);
  const reference = samples[0].tensors.get('reference_latents')?.shape ?? [];
  return {
    inputs: {
      ...inputs.model,
      [trainingNames.target]: inputs.target,
      ...(perToken ? { [trainingNames.lossWeight]: lossWeight } : {}),
    },
    shapes: {
      key: JSON.stringify([samples.length, tokens, frames, height, width, reference, text.length, rate]),
      graph: () => graph(shape),
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
  return { states: joinedFloats(states.map(({ data }) => data)), mask: joinedFloats(masks.map(({ data }) => data)), length };
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
