import type { EffectType } from '../../project';
import { chromaKey } from './chroma-key';
import { colorTable } from './color-table';
import { curves } from './curves';
import { grain } from './grain';
import type { PixelEffect } from './pixel-effect';
import { brightness, contrast, exposure, saturation } from './tone';
import { vignette } from './vignette';
import { whiteBalance } from './white-balance';

export { gaussianWeights } from './gaussian';
export type { EffectNumbers, EffectScene, PixelEffect } from './pixel-effect';

/** Effects that look at a pixel's neighbours, each with passes of its own (passes.ts). */
export type AreaEffectType = 'blur' | 'sharpen';
export type PixelEffectType = Exclude<EffectType, AreaEffectType>;

export const pixelEffects: Readonly<Record<PixelEffectType, PixelEffect>> = {
  brightness,
  contrast,
  saturation,
  exposure,
  temperature: whiteBalance,
  curves,
  lut: colorTable,
  vignette,
  grain,
  'chroma-key': chromaKey,
};

export const isAreaEffect = (type: EffectType): type is AreaEffectType => type === 'blur' || type === 'sharpen';
