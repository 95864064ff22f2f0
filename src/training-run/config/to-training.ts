import { PRECOMPUTED_FOLDERS, type PrecomputedSetOptions } from '../../data';
import type { VideoModel } from '../../pipelines';
import {
  needsCondition,
  soundConditionsOf,
  type LearningRateSchedule,
  type OptimizerConfig,
  type TimestepSampler,
  type TrainingStrategy,
  type WeightAverageOptions,
} from '../../training';
import type { TrainingConfig } from './schema';

type Optimization = TrainingConfig['optimization'];

/** What the optimiser is asked to be. */
export function optimizerConfig({ optimizer }: Optimization): OptimizerConfig {
  const { weight_decay: weightDecay } = optimizer;
  switch (optimizer.type) {
    case 'adamw':
    case 'adamw8bit': {
      const { type, betas, eps } = optimizer;
      return { type, betas, eps, weightDecay };
    }
    case 'adafactor': {
      const { type, beta1, clip_threshold: clipThreshold, decay_rate: decayRate } = optimizer;
      const { scale_parameter: scaleParameter, relative_step: relativeStep, warmup_init: warmupInit } = optimizer;
      const moment = beta1 === undefined ? {} : { beta1 };
      return { type, ...moment, clipThreshold, decayRate, scaleParameter, relativeStep, warmupInit, weightDecay };
    }
    case 'muon': {
      const { type, momentum, nesterov, adjust } = optimizer;
      return { type, momentum, nesterov, adjust, weightDecay };
    }
  }
}

/** The learning rate over the steps of a run. */
export function learningRateSchedule({ learning_rate: rate, steps, schedule }: Optimization): LearningRateSchedule {
  const common = { rate, warmupSteps: schedule.warmup_steps };
  const falling = { ...common, totalSteps: steps };
  switch (schedule.type) {
    case 'constant':
      return { ...common, type: 'constant' };
    case 'linear':
      return { ...falling, type: 'linear', minimumShare: schedule.minimum_share };
    case 'cosine':
      return { ...falling, type: 'cosine', minimumShare: schedule.minimum_share, cycles: schedule.cycles };
    case 'cosine_with_restarts':
      return { ...falling, type: 'cosine_with_restarts', minimumShare: schedule.minimum_share, cycles: schedule.cycles };
    case 'polynomial':
      return { ...falling, type: 'polynomial', endRate: schedule.end_rate, power: schedule.power };
    case 'warmup_stable_decay':
      return {
        ...common,
        type: 'warmup_stable_decay',
        stableSteps: Math.max(0, steps - schedule.warmup_steps - schedule.decay_steps),
        decaySteps: schedule.decay_steps,
        decay: schedule.decay,
        minimumShare: schedule.minimum_share,
      };
  }
}

/** The average of weights that is kept; undefined where none is. */
export function weightAverage({ ema_decay: decay }: Optimization): WeightAverageOptions | undefined {
  return decay === undefined ? undefined : { decay };
}

/** How noise levels are drawn. */
export function timestepSampler({ flow_matching: sampler }: TrainingConfig): TimestepSampler {
  if (sampler.type !== 'shifted_logit_normal') return sampler;
  const { uniform_share: uniformShare, ...rest } = sampler;
  return { ...rest, uniformShare };
}

/** What of a clip is given. */
export function trainingStrategy({ training_strategy: strategy }: Pick<TrainingConfig, 'training_strategy'>): TrainingStrategy {
  const captionDropout = strategy.caption_dropout_p;
  if (strategy.name === 'flexible') {
    const { name, conditions, video, audio, audio_conditions: audioConditions } = strategy;
    return { name, captionDropout, conditions, video, audio, audioConditions };
  }
  const { name, first_frame_conditioning_p: firstFrameProbability } = strategy;
  const audio = name === 'text_to_video' && strategy.with_audio ? 'generated' : 'none';
  return { name, captionDropout, firstFrameProbability, video: 'generated', audio };
}

/** Folders that samples take their tensors from, and those that a sample may lack a file of, for a model. */
export function sampleFolders(
  config: Pick<TrainingConfig, 'model' | 'training_strategy'>,
  model?: VideoModel,
): Pick<PrecomputedSetOptions, 'folders' | 'optional'> {
  if (config.model.training_mode === 'vae') return { folders: [PRECOMPUTED_FOLDERS.videos] };
  const strategy = trainingStrategy(config);
  const { latents, conditions, imageConditions, audioLatents, audioMasks, referenceLatents, videoMasks } = PRECOMPUTED_FOLDERS;
  const { video = 'generated', audio = 'none' } = strategy;
  const masksSound = soundConditionsOf(strategy).some(({ type }) => type === 'mask');
  // Where both are learned, a clip without sound teaches the picture; not where every sound has a mask.
  const mayBeSilent = video === 'generated' && audio === 'generated' && !masksSound;
  return {
    folders: [
      ...(video === 'none' ? [] : [latents]),
      ...(audio === 'none' || mayBeSilent ? [] : [audioLatents]),
      conditions,
      ...(needsCondition(strategy, 'reference') ? [referenceLatents] : []),
      ...(needsCondition(strategy, 'mask') ? [videoMasks] : []),
      ...(masksSound ? [audioMasks] : []),
      ...(model?.family === 'wan' && model.imageEncoder !== undefined ? [imageConditions] : []),
    ],
    optional: mayBeSilent ? [audioLatents] : [],
  };
}
