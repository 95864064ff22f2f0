import { AiprodError } from '../../errors';
import { guidancePresets, type GuidanceInput } from '../../diffusion';
import type { LtxVaeVersion } from '../../weights';
import type { DecodeSettings } from '../latent-codec';

/** How the noise levels of a schedule are spaced where a job gives none; `scheduler` as the scheduler does itself. */
export type SigmaSampler = 'uniform' | 'linear-quadratic' | 'scheduler';

/** What a released LTX-Video checkpoint wants, as far as its file does not say so itself. */
export interface LtxRelease {
  readonly name: string;
  /** What tells it apart: the generation of its VAE and its size, then its name. */
  readonly vae: LtxVaeVersion;
  readonly size: '2B' | '13B';
  readonly distilled: boolean;
  readonly sampler: SigmaSampler;
  /** Fields of FlowMatchEulerDiscreteScheduler. */
  readonly scheduler: Readonly<Record<string, unknown>>;
  readonly defaults: {
    readonly width: number;
    readonly height: number;
    readonly numFrames: number;
    readonly frameRate: number;
    readonly steps: number;
    readonly guidanceScale: number;
    /** Noise levels of a distilled model. */
    readonly sigmas?: readonly number[];
    /** Guiders of its own configuration, where they are more than a scale. */
    readonly guidance?: GuidanceInput;
  };
  readonly decode: DecodeSettings;
  /** Whether it was trained with key frames as extra tokens (0.9.5 and later). */
  readonly keyframeTokens: boolean;
}

/** Shift by the number of tokens, then stretched to end at 0.1. */
const SHIFTED = {
  use_dynamic_shifting: true,
  base_shift: 0.95,
  max_shift: 2.05,
  base_image_seq_len: 1024,
  max_image_seq_len: 4096,
  shift_terminal: 0.1,
};
/** Later models space their noise levels themselves: nothing shifts them. */
const UNSHIFTED = { use_dynamic_shifting: false };

/** Noise levels that the distilled models were trained for (`allowed_inference_steps` of their metadata). */
const DISTILLED_SIGMAS = [1, 0.9937, 0.9875, 0.9812, 0.975, 0.9094, 0.725, 0.4219];

const FIRST_SIZE = { width: 704, height: 512, numFrames: 161, frameRate: 25, steps: 50, guidanceScale: 3 };
const LATER_SIZE = { width: 1216, height: 704, numFrames: 121, frameRate: 30 };
const DEVELOPMENT = { ...LATER_SIZE, steps: 40, guidanceScale: 3 };
const LARGE = { ...LATER_SIZE, steps: 30, guidanceScale: 6, guidance: guidancePresets['ltx-video-13b'] };
const DISTILLED = { ...LATER_SIZE, steps: DISTILLED_SIGMAS.length, guidanceScale: 1, sigmas: DISTILLED_SIGMAS };

const RELEASED_DECODE: DecodeSettings = { timestep: 0.05, noiseScale: 0.025 };
const EARLY = {
  size: '2B',
  distilled: false,
  sampler: 'uniform',
  scheduler: SHIFTED,
  defaults: FIRST_SIZE,
  keyframeTokens: false,
} as const;
const LATER = { vae: '0.9.5', sampler: 'linear-quadratic', scheduler: UNSHIFTED, decode: RELEASED_DECODE, keyframeTokens: true } as const;

/**
 * All releases, oldest first. Sizes, steps and scales are those of diffusers' pipelines (0.9.0, 0.9.1) and of the configurations in
 * Lightricks' repository; 13B development models ramp guidance over the steps, and the scale is what their strongest steps begin with.
 */
export const LTX_RELEASES: readonly LtxRelease[] = [
  { name: '0.9.0', vae: '0.9.0', ...EARLY, decode: { timestep: 0, noiseScale: 0 } },
  { name: '0.9.1', vae: '0.9.1', ...EARLY, decode: RELEASED_DECODE },
  { name: '0.9.5', size: '2B', distilled: false, defaults: DEVELOPMENT, ...LATER },
  { name: '0.9.6', size: '2B', distilled: false, defaults: DEVELOPMENT, ...LATER },
  { name: '0.9.6-distilled', size: '2B', distilled: true, defaults: DISTILLED, ...LATER },
  { name: '0.9.8-distilled', size: '2B', distilled: true, defaults: DISTILLED, ...LATER },
  { name: '0.9.7', size: '13B', distilled: false, defaults: LARGE, ...LATER },
  { name: '0.9.7-distilled', size: '13B', distilled: true, defaults: DISTILLED, ...LATER },
  { name: '0.9.8', size: '13B', distilled: false, defaults: LARGE, ...LATER },
  { name: '0.9.8-distilled', size: '13B', distilled: true, defaults: DISTILLED, ...LATER },
];

/** Blocks of the 13B transformer; the 2B one has 28. */
const LARGE_BLOCKS = 48;

/**
 * The release that a checkpoint is, or is nearest to. Tensors tell the generation of the VAE and the size; nothing in them tells
 * 0.9.6 from 0.9.5 or a distilled model from another, so the metadata, and last the name of the file, must.
 *
 * @param facts.distilled whether the metadata says so; undefined when it says nothing
 */
export function releaseOf(facts: {
  readonly vae: LtxVaeVersion;
  readonly blocks: number;
  readonly fileName: string;
  readonly distilled?: boolean;
}): LtxRelease {
  const size = facts.blocks >= LARGE_BLOCKS ? '13B' : '2B';
  const distilled = facts.distilled ?? /distill/i.test(facts.fileName);
  const version = /0\.9\.\d/.exec(facts.fileName)?.[0];
  const score = (release: LtxRelease): number =>
    8 * Number(release.vae === facts.vae) +
    4 * Number(release.size === size) +
    2 * Number(release.distilled === distilled) +
    Number(version !== undefined && release.name.startsWith(version));
  return LTX_RELEASES.reduce((best, release) => (score(release) > score(best) ? release : best));
}

/** A development release by its version and size. */
export function releaseNamed(version: string, size: LtxRelease['size']): LtxRelease {
  const found = LTX_RELEASES.find((release) => release.name === version && release.size === size);
  if (found === undefined) throw new AiprodError('internal', `there is no LTX-Video ${version} of ${size}`);
  return found;
}
