import { calculateShift } from '../diffusion';
import { drawNormal, drawUniform, type DrawKey } from './random-draws';

/** How noise levels of training are drawn; `shifted_logit_normal` is the sampler of LTX-2's trainer. */
export type TimestepSampler =
  | { readonly type: 'uniform'; /** Default 0. */ readonly minimum?: number; /** Default 1. */ readonly maximum?: number }
  /** The logistic function of normal numbers (Esser et al. 2024, "Scaling Rectified Flow Transformers", section 3.1). */
  | { readonly type: 'logit_normal'; /** Default 0. */ readonly mean?: number; /** Default 1. */ readonly std?: number }
  /**
   * The same with a mean that grows with the number of tokens, stretched so that the 0.5 and 99.9 percentiles become 0 and 1, and mixed
   * with evenly spread ones.
   */
  | {
      readonly type: 'shifted_logit_normal';
      /** Default 1. */
      readonly std?: number;
      /** Share of samples that are evenly spread. Default 0.1. */
      readonly uniformShare?: number;
      /** Least level: lower ones are mirrored at it. Default 1e-3. */
      readonly least?: number;
    };

/** Percentiles 0.5 and 99.9 of the normal distribution, as the reference rounds them. */
const [lowPercentile, highPercentile] = [-2.5758, 3.0902];

/** Mean of shifted samples: 0.95 at 1,024 tokens, 2.05 at 4,096 and above. */
export function tokenShift(tokens: number): number {
  return calculateShift(Math.min(tokens, 4096), { base_image_seq_len: 1024, max_image_seq_len: 4096, base_shift: 0.95, max_shift: 2.05 });
}

/**
 * Noise levels (sigmas, 0 to 1), one for each sample.
 * @param tokens of a sample, which the shifted sampler depends on
 * @param purpose of the picture or of the sound, whose levels are drawn apart
 */
export function sampleTimesteps(
  sampler: TimestepSampler,
  count: number,
  tokens: number,
  key: DrawKey,
  purpose: 'timestep' | 'audioTimestep' = 'timestep',
): Float32Array {
  switch (sampler.type) {
    case 'uniform': {
      const { minimum = 0, maximum = 1 } = sampler;
      return Float32Array.from(drawUniform(key, purpose, count), (value) => minimum + (maximum - minimum) * value);
    }
    case 'logit_normal': {
      const { mean = 0, std = 1 } = sampler;
      return drawNormal(key, purpose, count).map((value) => logistic(mean + std * value));
    }
    case 'shifted_logit_normal': {
      const { least = 1e-3, uniformShare = 0.1 } = sampler;
      const mixed = drawUniform(key, `${purpose}Mix`, 2 * count);
      return drawNormal(key, purpose, count).map((normal, k) =>
        mixed[2 * k] > uniformShare ? stretchedLevel(normal, tokens, sampler) : (1 - least) * mixed[2 * k + 1] + least,
      );
    }
  }
}

/** The stretched level of a standard normal number. */
export function stretchedLevel(normal: number, tokens: number, { std = 1, least = 1e-3 }: { std?: number; least?: number }): number {
  const mean = tokenShift(tokens);
  const [low, high] = [logistic(mean + std * lowPercentile), logistic(mean + std * highPercentile)];
  const level = (logistic(mean + std * normal) - low) / (high - low);
  return Math.min(1, Math.max(0, level >= least ? level : 2 * least - level));
}

function logistic(x: number): number {
  return 1 / (1 + Math.exp(-x));
}
