import type { EvaluatedEffect } from '../../project';
import type { ColorTable } from '../composition';
import type { Rgba } from '../srgb';

/** What an effect may know of the picture that it is applied to. */
export interface EffectScene {
  /** Pixels of the picture when effects are applied. */
  readonly width: number;
  readonly height: number;
  /** Its pixels in one pixel of the sequence, at the clip's fitted size. */
  readonly lengthScale: number;
  /** Frame of the clip. */
  readonly clipFrame: number;
  readonly tables: ReadonlyMap<string, ColorTable>;
}

/** Numbers of an effect as its kernel takes them, and its table where it has one. */
export interface EffectNumbers {
  readonly numbers: readonly number[];
  readonly table?: Float32Array<ArrayBuffer>;
}

/** An effect that makes a pixel of the same pixel alone: its kernel function, and its reference in f64. */
export interface PixelEffect {
  /** Module under kernels/image and the function in it. */
  readonly kernel: { readonly module: string; readonly name: string };
  /**
   * Types of the function's arguments after the colour. `place` is the middle of the pixel, `table` where the effect's table begins; the others
   * take the numbers in turn.
   */
  readonly takes: readonly ('place' | 'table' | 'f32' | 'vec2f' | 'vec3f')[];
  prepare(effect: EvaluatedEffect, scene: EffectScene): EffectNumbers;
  /** @param place middle of the pixel, in pixels */
  reference(color: Rgba, effect: EvaluatedEffect, scene: EffectScene, place: readonly [number, number]): Rgba;
}
