/**
 * What effects there are, as data: the inspector draws its fields from this table, files are checked against it, and the compositor's kernels
 * take their values in its order. Arithmetic, references and kernels are in src/compositing.
 */

export interface EffectParameter {
  readonly min: number;
  readonly max: number;
  /** Of a new effect, and where a file names none. */
  readonly default: number;
  /** Step of a slider. */
  readonly step: number;
  /** `frame-pixels` are pixels of the sequence at the clip's fitted size, whatever size is written. */
  readonly unit: 'none' | 'percent' | 'stops' | 'mireds' | 'frame-pixels' | 'whole';
}

export interface EffectDefinition {
  /**
   * `pixel` effects make a pixel of the same pixel alone and share one pass; `area` effects look at neighbours.
   */
  readonly reach: 'pixel' | 'area';
  /**
   * What the arithmetic is done on. `encoded` are the sRGB values that a file holds, as the field's usual tools and CSS do; `linear` is light,
   * where light is what the effect is about.
   */
  readonly values: 'encoded' | 'linear';
  readonly parameters: Readonly<Record<string, EffectParameter>>;
  /** Colours with their defaults. */
  readonly colors?: Readonly<Record<string, string>>;
  /** Has curves. */
  readonly curves?: true;
  /** Has a table among the media. */
  readonly lut?: true;
  /** Parameters that make it change nothing, all of them at these values; absent where no values do. */
  readonly identity?: Readonly<Record<string, number>>;
}

const percent = (fallback: number, min = 0, max = 1): EffectParameter => ({ min, max, default: fallback, step: 0.01, unit: 'percent' });

/** In the order of the menu. */
export const effectDefinitions = {
  /** Added to each encoded channel, as ffmpeg's `eq` and editors do: what is multiplied is exposure. */
  brightness: { reach: 'pixel', values: 'encoded', parameters: { amount: percent(0, -1) }, identity: { amount: 0 } },
  /** (c - 0.5) factor + 0.5 on encoded values (CSS Filter Effects Level 1, contrast()). */
  contrast: { reach: 'pixel', values: 'encoded', parameters: { factor: percent(1, 0, 3) }, identity: { factor: 1 } },
  /** Away from or towards luma, on encoded values (CSS Filter Effects Level 1, saturate()). */
  saturation: { reach: 'pixel', values: 'encoded', parameters: { factor: percent(1, 0, 3) }, identity: { factor: 1 } },
  /** Light times 2^stops. Linear: a stop is a doubling of light. */
  exposure: {
    reach: 'pixel',
    values: 'linear',
    parameters: { stops: { min: -5, max: 5, default: 0, step: 0.05, unit: 'stops' } },
    identity: { stops: 0 },
  },
  /**
   * The picture as if its white were another: von Kries adaptation with Bradford's cones from D65 to a white moved along the Planckian locus
   * (temperature, positive is warmer) and across it (tint, positive is magenta). Linear: adaptation scales light.
   */
  temperature: {
    reach: 'pixel',
    values: 'linear',
    parameters: {
      temperature: { min: -100, max: 100, default: 0, step: 1, unit: 'mireds' },
      tint: { min: -100, max: 100, default: 0, step: 1, unit: 'none' },
    },
    identity: { temperature: 0, tint: 0 },
  },
  /** Monotone cubics (Fritsch and Carlson 1980): each channel's curve, then the master curve. Encoded: so its points are drawn. */
  curves: { reach: 'pixel', values: 'encoded', parameters: {}, curves: true },
  /** A .cube table on encoded values, for which such tables are written; tetrahedral between its points. */
  lut: { reach: 'pixel', values: 'encoded', parameters: { amount: percent(1) }, lut: true, identity: { amount: 0 } },
  /** Gaussian; `radius` is its standard deviation. Linear: an unsharp lens spreads light, and encoded values would darken edges. */
  blur: {
    reach: 'area',
    values: 'linear',
    parameters: { radius: { min: 0, max: 100, default: 8, step: 0.1, unit: 'frame-pixels' } },
    identity: { radius: 0 },
  },
  /** Unsharp mask on encoded values, whose steps are even to the eye: so light and dark sides of an edge are sharpened alike. */
  sharpen: {
    reach: 'area',
    values: 'encoded',
    parameters: {
      amount: percent(0.5, 0, 3),
      radius: { min: 0.3, max: 20, default: 1, step: 0.1, unit: 'frame-pixels' },
      threshold: percent(0),
    },
    identity: { amount: 0 },
  },
  /** Light that falls off towards the corners (brightens where negative). Linear: a lens takes light away. */
  vignette: {
    reach: 'pixel',
    values: 'linear',
    parameters: { amount: percent(0.5, -1), size: percent(0.6), softness: percent(0.6), roundness: percent(0) },
    identity: { amount: 0 },
  },
  /** Noise that is another in each frame, and the same each time. Encoded: even to the eye from dark to light. */
  grain: {
    reach: 'pixel',
    values: 'encoded',
    parameters: {
      amount: percent(0.2),
      size: { min: 1, max: 8, default: 1.5, step: 0.1, unit: 'frame-pixels' },
      color: percent(0),
      seed: { min: 0, max: 65_535, default: 0, step: 1, unit: 'whole' },
    },
    identity: { amount: 0 },
  },
  /** See-through where the colour is near the key in the plane of Cb and Cr (BT.709), and less of the key's tint elsewhere. Encoded, as keyers do. */
  'chroma-key': {
    reach: 'pixel',
    values: 'encoded',
    parameters: { tolerance: percent(0.12), softness: percent(0.08), spill: percent(0.5) },
    colors: { key: '#00b140' },
  },
} as const satisfies Record<string, EffectDefinition>;

export type EffectType = keyof typeof effectDefinitions;
export const effectTypes = Object.keys(effectDefinitions).filter((name): name is EffectType => name in effectDefinitions);

export const isEffectType = (name: string): name is EffectType => Object.hasOwn(effectDefinitions, name);

/** The definition of a type. */
export const definitionOf = (type: EffectType): EffectDefinition => effectDefinitions[type];
