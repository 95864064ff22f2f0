import type { GuidanceInput } from './guidance';

/** What a model is known by, for its usual settings. */
export interface GuidedModelTraits {
  readonly family: 'ltx-video' | 'ltx-2.0' | 'ltx-2.3' | 'wan-2.1';
  /** Transformer blocks: 28 for LTX-Video 2B, 48 for 13B and LTX-2. */
  readonly blocks: number;
}

/** Blocks that are usually perturbed for spatio-temporal guidance, by family and number of blocks. */
const usualBlocks: Readonly<Record<string, readonly number[]>> = {
  'ltx-video/28': [19],
  'ltx-video/48': [28],
  'ltx-2.0/48': [29],
  'ltx-2.3/48': [28],
};

/**
 * Blocks to perturb for spatio-temporal guidance where nothing else is said: those of the released models' own
 * configurations, else the block about two thirds of the way, where these are too.
 */
export function stgBlocksOf({ family, blocks }: GuidedModelTraits): readonly number[] {
  return usualBlocks[`${family}/${blocks}`] ?? [Math.min(blocks - 1, Math.floor((2 * blocks) / 3))];
}

/** Guidance at and above a noise level, up to the level before. */
interface GuidanceLevel {
  readonly sigma: number;
  /** Classifier-free guidance with fitted negative prediction (CFG*); 1 for none. */
  readonly cfg: number;
  readonly stg: number;
  readonly stgBlocks: readonly number[];
  /** 0 for none. */
  readonly rescale: number;
}

/** Levels, from high noise to low, as terms; the last level reaches down to 0. */
function byLevels(levels: readonly GuidanceLevel[]): GuidanceInput {
  const terms = levels.flatMap(({ sigma, cfg, stg, stgBlocks, rescale }, index): GuidanceInput['terms'] => {
    const above = index === 0 ? {} : { max: levels[index - 1].sigma };
    const below = index === levels.length - 1 ? {} : { min: sigma };
    const interval = { unit: 'sigma' as const, ...above, ...below };
    return [
      ...(cfg === 1 ? [] : [{ kind: 'cfg-star' as const, scale: cfg, interval }]),
      ...(stg === 0 ? [] : [{ kind: 'stg' as const, scale: stg, blocks: [...stgBlocks], interval }]),
      ...(rescale === 0 ? [] : [{ kind: 'rescale' as const, phi: rescale, interval }]),
    ];
  });
  return { terms };
}

/**
 * Guidance of the released models' own configurations. Distilled models take none.
 */
export const guidancePresets = {
  none: { terms: [] },
  /** LTX-Video 2B, 0.9.1 to 0.9.6. */
  'ltx-video-2b': {
    terms: [
      { kind: 'cfg', scale: 3 },
      { kind: 'stg', scale: 1, blocks: [19] },
      { kind: 'rescale', phi: 0.7 },
    ],
  },
  /** LTX-Video 13B, 0.9.7 and 0.9.8: the only pass, or the first of two. */
  'ltx-video-13b': byLevels([
    { sigma: 0.996, cfg: 1, stg: 0, stgBlocks: [], rescale: 0 },
    { sigma: 0.9933, cfg: 6, stg: 4, stgBlocks: [22, 35, 39], rescale: 0.5 },
    { sigma: 0.985, cfg: 8, stg: 4, stgBlocks: [28], rescale: 0.5 },
    { sigma: 0.9767, cfg: 6, stg: 4, stgBlocks: [28], rescale: 0 },
    { sigma: 0.9008, cfg: 1, stg: 2, stgBlocks: [28], rescale: 0 },
    { sigma: 0, cfg: 1, stg: 1, stgBlocks: [28], rescale: 0 },
  ]),
  /** LTX-Video 13B, 0.9.7 and 0.9.8: the second pass, on upsampled latents. */
  'ltx-video-13b-second': { terms: [{ kind: 'stg', scale: 1, blocks: [27] }] },
  /** LTX-2, picture: the scale of agreement with sound acts where a model has both. */
  'ltx-2.0': {
    space: 'denoised',
    terms: [
      { kind: 'cfg', scale: 3 },
      { kind: 'stg', scale: 1, blocks: [29] },
      { kind: 'rescale', phi: 0.7 },
    ],
  },
  'ltx-2.3': {
    space: 'denoised',
    terms: [
      { kind: 'cfg', scale: 3 },
      { kind: 'stg', scale: 1, blocks: [28] },
      { kind: 'rescale', phi: 0.7 },
    ],
  },
  'ltx-2-hq': {
    space: 'denoised',
    terms: [
      { kind: 'cfg', scale: 3 },
      { kind: 'rescale', phi: 0.45 },
    ],
  },
} satisfies Readonly<Record<string, GuidanceInput>>;

export type GuidancePreset = keyof typeof guidancePresets;

/** Names of the presets, for schemas, menus and help. */
export function guidancePresetNames(): GuidancePreset[] {
  return ['none', 'ltx-video-2b', 'ltx-video-13b', 'ltx-video-13b-second', 'ltx-2.0', 'ltx-2.3', 'ltx-2-hq'];
}
