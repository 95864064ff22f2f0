import { z } from 'zod';
import { parseByteSize } from '../../config';
import { accessSection, cacheSection, preprocessSection } from '../../data/node';
import { maxPromptLength } from '../../pipelines';
import { weightOptions } from '../../weights';

/** Settings of a training run. Sections and names are those of LTX-2's trainer where it has the setting. Paths are from the working directory. */

const share = z.number().min(0).max(1);
const wholeNumber = z.int().min(1).max(1_000_000_000);
const path = z.string().min(1).max(4096);

/** Bytes as a number, or as `8GB`. */
const memorySize = z.union([z.int().positive(), z.string()]).transform((given, context) => {
  const bytes = typeof given === 'number' ? given : parseByteSize(given);
  if (bytes !== undefined) return bytes;
  context.addIssue({ code: 'custom', message: 'expected a size such as 8GB, 512MiB or a number of bytes', input: given });
  return z.NEVER;
});

const model = z.strictObject({
  /** As `aiprod generate --model` takes it. */
  path: path.default('embedded'),
  /** A text encoder and a VAE for models that have none of their own, or other ones; only validation needs them. */
  text_encoder: path.optional(),
  vae: path.optional(),
  /** Adapters beside the layers of the transformer, all of its weights, or all of the VAE's. */
  training_mode: z.enum(['lora', 'full', 'vae']).default('lora'),
});

const lora = z.strictObject({
  rank: z.int().min(1).max(1024).default(64),
  /** What the branch adds is multiplied by alpha / rank. */
  alpha: z.number().positive().max(100_000).default(64),
  /** Ends of the names of layers that get an adapter. */
  target_modules: z.array(z.string().min(1)).min(1).default(['to_k', 'to_q', 'to_v', 'to_out.0']),
});

const dropout = {
  /** Share of samples that go without their caption, for guidance: they get the model's encoding of none. */
  caption_dropout_p: share.default(0),
};

const probability = share.default(1);

const condition = z.discriminatedUnion('type', [
  z.strictObject({ type: z.enum(['prefix', 'suffix']), /** Latent frames. */ frames: z.int().min(1).default(1), probability }),
  z.strictObject({
    type: z.literal('spatial_crop'),
    /** Pixels: top, left, bottom, right. */
    region: z.tuple([z.int().min(0), z.int().min(0), z.int().min(1), z.int().min(1)]),
    probability,
  }),
  /** first_frame; mask: what `video_masks` has 1 for; reference: `reference_latents` as further tokens. */
  z.strictObject({ type: z.enum(['first_frame', 'mask', 'reference']), probability }),
]);

/** mask: what `audio_masks` has 1 for. */
const soundCondition = z.discriminatedUnion('type', [
  z.strictObject({ type: z.enum(['prefix', 'suffix']), /** Latents, 25 a second. */ frames: z.int().min(1).default(1), probability }),
  z.strictObject({ type: z.literal('mask'), probability }),
]);

/** generated: noised and learned; given: shown as it is, for the other to be made by; none: not shown. */
const stream = z.enum(['generated', 'given', 'none']);

/** What of a clip is given, and what is learnt from it. */
const strategy = z.discriminatedUnion('name', [
  z.strictObject({
    name: z.literal('text_to_video'),
    ...dropout,
    /** Share of samples whose first latent frame is given; 1 trains image to video alone. */
    first_frame_conditioning_p: share.default(0),
    /** Whether models of picture and sound learn the sound too. */
    with_audio: z.boolean().default(false),
  }),
  /** IC-LoRA: a reference of each sample as further tokens. */
  z.strictObject({ name: z.literal('video_to_video'), ...dropout, first_frame_conditioning_p: share.default(0) }),
  z.strictObject({
    name: z.literal('flexible'),
    ...dropout,
    /** Each is given with its own probability. */
    conditions: z.array(condition).max(16).default([]),
    video: stream.default('generated'),
    /** Of models of picture and sound. */
    audio: stream.default('none'),
    /** Of a sound that is generated. */
    audio_conditions: z.array(soundCondition).max(16).default([]),
  }),
]);

/** What can be learned: something has to be generated, and only of what is generated some can be given. */
const checkedStrategy = strategy.superRefine((chosen, context) => {
  if (chosen.name !== 'flexible') return;
  const { video, audio, conditions, audio_conditions: ofSound } = chosen;
  const refuse = (message: string, path: string): void => context.addIssue({ code: 'custom', message, path: [path], input: chosen });
  if (video !== 'generated' && audio !== 'generated') refuse('one of video and audio has to be generated', 'video');
  if (video !== 'generated' && conditions.length > 0) refuse('conditions give some of a picture that is generated', 'conditions');
  if (audio !== 'generated' && ofSound.length > 0) refuse('audio_conditions give some of a sound that is generated', 'audio_conditions');
});

const count = z.number().min(0).max(1_000_000);

/** What each part of a VAE's loss counts, see `vaeTrainingGraph`. */
const vaeLoss = z.strictObject({
  squared: count.default(1),
  absolute: count.default(0.3),
  /** Of the steps from pixel to pixel: blurred edges cost. */
  edges: count.default(0.25),
  /** Kullback-Leibler divergence of the latents from the standard normal distribution. */
  divergence: count.default(5e-5),
});

const betas = z.tuple([share, share]);
const adam = {
  betas: betas.default([0.9, 0.999]),
  eps: z.number().positive().default(1e-8),
  weight_decay: z.number().min(0).default(0.01),
};

const optimizer = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('adamw'), ...adam }),
  /** Moments of 8 bits. */
  z.strictObject({ type: z.literal('adamw8bit'), ...adam }),
  z.strictObject({
    type: z.literal('adafactor'),
    clip_threshold: z.number().positive().default(1),
    decay_rate: z.number().min(-1).max(0).default(-0.8),
    /** Decay of a first moment; absent: none is kept. */
    beta1: share.optional(),
    weight_decay: z.number().min(0).default(0),
    /** Multiplies the rate by the root mean square of the parameter. */
    scale_parameter: z.boolean().default(false),
    /** The rate follows from the number of steps, and the schedule is not used. */
    relative_step: z.boolean().default(false),
    warmup_init: z.boolean().default(false),
  }),
  z.strictObject({
    type: z.literal('muon'),
    momentum: share.default(0.95),
    nesterov: z.boolean().default(true),
    weight_decay: z.number().min(0).default(0.1),
    /** `match_rms_adamw` takes learning rates that suit AdamW. */
    adjust: z.enum(['original', 'match_rms_adamw']).default('match_rms_adamw'),
  }),
]);

const warmup = { /** Steps over which the rate goes up from 0. */ warmup_steps: z.int().min(0).default(0) };
/** Share of the rate that is left at the end. */
const least = { minimum_share: share.default(0) };

/** The learning rate over the run; shapes and names of diffusers' and transformers' `get_scheduler`. */
const schedule = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('constant'), ...warmup }),
  z.strictObject({ type: z.literal('linear'), ...warmup, minimum_share: share.default(0.1) }),
  z.strictObject({ type: z.literal('cosine'), ...warmup, ...least, cycles: z.number().positive().default(0.5) }),
  z.strictObject({ type: z.literal('cosine_with_restarts'), ...warmup, ...least, cycles: z.int().min(1).default(1) }),
  z.strictObject({
    type: z.literal('polynomial'),
    ...warmup,
    end_rate: z.number().min(0).default(1e-7),
    power: z.number().positive().default(1),
  }),
  z.strictObject({
    type: z.literal('warmup_stable_decay'),
    ...warmup,
    ...least,
    /** Steps at the end over which the rate falls. */
    decay_steps: z.int().min(1),
    decay: z.enum(['linear', 'cosine', '1-sqrt']).default('cosine'),
  }),
]);

/** How noise levels are drawn, 0 to 1. */
const flowMatching = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('uniform'), minimum: share.default(0), maximum: share.default(1) }),
  z.strictObject({ type: z.literal('logit_normal'), mean: z.number().default(0), std: z.number().positive().default(1) }),
  z.strictObject({
    type: z.literal('shifted_logit_normal'),
    std: z.number().positive().default(1),
    /** Share of samples whose level is evenly spread. */
    uniform_share: share.default(0.1),
    /** Least level. */
    least: z.number().positive().max(0.5).default(1e-3),
  }),
]);

const optimization = z.strictObject({
  learning_rate: z.number().positive().max(10).default(5e-4),
  steps: wholeNumber.default(3000),
  batch_size: z.int().min(1).max(4096).default(2),
  /** Batches whose gradients are averaged for one step. */
  gradient_accumulation_steps: z.int().min(1).max(4096).default(1),
  /** The most that the norm of all gradients together may be; 0 does not clip. */
  max_grad_norm: z.number().min(0).default(1),
  optimizer: optimizer.prefault({ type: 'adamw' }),
  schedule: schedule.prefault({ type: 'linear' }),
  /** Most that the decay of an average of the weights may be; absent: no average is kept. */
  ema_decay: share.optional(),
});

const acceleration = z.strictObject({
  /**
   * Type of weights and values; `auto` is fp16 where the adapter has it. `bf16` keeps matrices in bfloat16 (the trained ones, and those of a base that
   * is not quantised) and computes in f32, on any adapter. Gradients and the optimiser are f32 in any case.
   */
  mixed_precision_mode: z.enum(['auto', 'no', 'fp16', 'bf16']).default('auto'),
  /** How the weights of the base lie in memory while an adapter is trained. */
  quantization: z.enum(weightOptions).default('plain'),
  /** Bytes, or `8GB`: what of the forward half does not fit beside the rest is computed again for the backward half. */
  memory_limit: memorySize.optional(),
});

const data = z.strictObject({
  /** A folder that `aiprod preprocess` made; a path or an address, see `openPlace`. */
  preprocessed_data_root: path,
  /** How an address is reached. */
  access: accessSection.prefault({}),
  /** Keeps what is fetched on disk, compressed. */
  cache: cacheSection.optional(),
  /** Batches that are read ahead. */
  prefetch: z.int().min(0).max(64).default(2),
});

const size = z.int().min(8).max(16_384);

const validation = z.strictObject({
  /** A clip is made of each, with the weights of the moment. */
  prompts: z.array(z.string().min(1).max(maxPromptLength)).max(64).default([]),
  /** First frames of the clips, one for each prompt; none: clips are made of prompts alone. */
  images: z.array(path).max(64).default([]),
  negative_prompt: z.string().max(maxPromptLength).default(''),
  /** Of the clips; absent: what the model makes by default. */
  width: size.optional(),
  height: size.optional(),
  frames: z.int().min(1).max(4097).optional(),
  frame_rate: z.number().positive().max(240).optional(),
  seed: z.int().min(0).default(42),
  inference_steps: z.int().min(1).max(1000).optional(),
  guidance_scale: z.number().min(0).max(100).optional(),
  /** Steps from one validation to the next; 0 makes clips at the end alone. */
  interval: z.int().min(0).default(100),
  /** Whether there are none before the first step. */
  skip_initial_validation: z.boolean().default(false),
});

const checkedValidation = validation.superRefine((chosen, context) => {
  const { prompts, images } = chosen;
  if (images.length === 0 || images.length === prompts.length) return;
  const message = `there is one image for each prompt, or none: ${prompts.length} prompts and ${images.length} images were found`;
  context.addIssue({ code: 'custom', message, path: ['images'], input: chosen });
});

const checkpoints = z.strictObject({
  /** Steps from one checkpoint to the next; 0 writes one at the end, and when the run is interrupted. */
  interval: z.int().min(0).default(250),
  /** How many stay; 0 keeps all. */
  keep_last_n: z.int().min(0).default(1),
});

export const trainingConfigSchema = z.strictObject({
  model: model.prefault({}),
  lora: lora.prefault({}),
  training_strategy: checkedStrategy.prefault({ name: 'text_to_video' }),
  /** Of training mode `vae`. */
  vae_loss: vaeLoss.prefault({}),
  optimization: optimization.prefault({}),
  acceleration: acceleration.prefault({}),
  data,
  /** What `aiprod preprocess` makes the data of, so that one file describes both. */
  preprocess: preprocessSection.optional(),
  flow_matching: flowMatching.prefault({ type: 'shifted_logit_normal' }),
  validation: checkedValidation.prefault({}),
  checkpoints: checkpoints.prefault({}),
  seed: z.int().min(0).max(Number.MAX_SAFE_INTEGER).default(42),
  /** The run's folder: checkpoints, metrics, events, clips. */
  output_dir: path,
});

export type TrainingConfig = z.output<typeof trainingConfigSchema>;
