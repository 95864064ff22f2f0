/** For tests: training steps of models that a CPU driver does in no time. */
import type { TrainingCase } from './training';

export const smallTransformer: TrainingCase = {
  name: 'small transformer',
  training: {
    model: 'transformer',
    batch: 2,
    frames: 2,
    height: 2,
    width: 2,
    textTokens: 3,
    latentChannels: 4,
    captionChannels: 8,
    heads: 2,
    headDim: 6,
    layers: 1,
  },
};

export const smallVae: TrainingCase = {
  name: 'small VAE',
  training: { model: 'vae', batch: 1, frames: 5, height: 32, width: 32, latentChannels: 4, channels: 8 },
};
