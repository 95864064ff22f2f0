/**
 * Tables of rotary position embeddings, on the CPU, with the reference's order of f32 operations: the arguments of LTX tables
 * reach 15,708 radians, where the last bit of an f32 is a thousandth of a radian.
 *
 * Every table holds one value for each rotated pair: width `channels / 2`, whichever way the operation `rope` pairs channels.
 */

/** Cosine and sine of one angle per row and pair, row-major. */
export interface RotaryTable {
  readonly cos: Float32Array;
  readonly sin: Float32Array;
  readonly shape: readonly number[];
}

/** Sizes along frames, rows and columns. */
export type Size3 = readonly [number, number, number];

const { fround } = Math;
const pi = fround(Math.PI);

/**
 * `torch.linspace(0, 1, steps)`: from both ends towards the middle, rounded once per element (the reference multiplies and
 * adds in one instruction; in f32 the product is exact in the doubles used here).
 */
function unitSteps(steps: number, round: (x: number) => number): number[] {
  if (steps === 1) return [0];
  const step = round(1 / (steps - 1));
  return Array.from({ length: steps }, (_, i) => round(i < Math.floor(steps / 2) ? step * i : 1 - step * (steps - 1 - i)));
}

/** theta^(k / (steps - 1)) * pi / 2 for k = 0 .. steps - 1, as f32. */
function frequencies(steps: number, theta: number, precision: 'f32' | 'f64'): number[] {
  if (precision === 'f64') return unitSteps(steps, (x) => x).map((exponent) => fround((theta ** exponent * Math.PI) / 2));
  return unitSteps(steps, fround).map((exponent) => fround(fround(fround(theta ** exponent) * pi) / 2));
}

/**
 * Angles (2 p - 1) * frequency for positions p in units of each axis's base size; frequencies vary slowest, axes fastest:
 * f0 h0 w0 f1 h1 w1 ... Pairs that remain (channels / 2 not divisible by the number of axes) come first and rotate by 0.
 */
function tableOfFractions(fractions: Float32Array, axes: number, channels: number, theta: number, precision: 'f32' | 'f64'): RotaryTable {
  const rows = fractions.length / axes;
  const pairs = channels / 2;
  const steps = Math.floor(channels / (2 * axes));
  const first = pairs - steps * axes;
  const frequency = frequencies(steps, theta, precision);
  const cos = new Float32Array(rows * pairs).fill(1);
  const sin = new Float32Array(rows * pairs);
  for (let row = 0; row < rows; row++) {
    for (let axis = 0; axis < axes; axis++) {
      const position = fround(fround(fractions[row * axes + axis] * 2) - 1);
      for (let step = 0; step < steps; step++) {
        const angle = fround(position * frequency[step]);
        const at = row * pairs + first + step * axes + axis;
        cos[at] = Math.cos(angle);
        sin[at] = Math.sin(angle);
      }
    }
  }
  return { cos, sin, shape: [rows, pairs] };
}

/** Positions [frames * height * width, 3] of a latent grid, in latent steps. */
function gridPositions([frames, height, width]: Size3): Float32Array {
  const positions = new Float32Array(frames * height * width * 3);
  let at = 0;
  for (let f = 0; f < frames; f++) {
    for (let h = 0; h < height; h++) {
      for (let w = 0; w < width; w++) {
        positions[at++] = f;
        positions[at++] = h;
        positions[at++] = w;
      }
    }
  }
  return positions;
}

/** LTX-Video's base sizes: positions are fractions of 20 (frames or seconds), 2048 and 2048 pixels. */
export const ltxBaseSizes: Size3 = [20, 2048, 2048];

/**
 * Fractional positions [frames * height * width, 3] of an LTX-Video latent grid.
 * @param scale pixels (seconds) per latent step, e.g. [8 / fps, 32, 32]; absent means raw latent steps, as the reference.
 * @param patch patch sizes along frames, rows, columns.
 */
export function ltxGridFractions(
  grid: Size3,
  scale: Size3 | undefined,
  patch: Size3 = [1, 1, 1],
  base: Size3 = ltxBaseSizes,
): Float32Array {
  const positions = gridPositions(grid);
  if (scale === undefined) return positions;
  return positions.map((position, index) => {
    const axis = index % 3;
    return fround(fround(position * fround(scale[axis])) * patch[axis]) / base[axis];
  });
}

/** Fractional positions [batch * tokens, 3] of explicit LTX-Video coordinates [batch, 3, tokens] (seconds, pixels, pixels). */
export function ltxCoordinateFractions(coordinates: Float32Array, batch: number, base: Size3 = ltxBaseSizes): Float32Array {
  const tokens = coordinates.length / (3 * batch);
  const fractions = new Float32Array(coordinates.length);
  for (let b = 0; b < batch; b++) {
    for (let token = 0; token < tokens; token++) {
      for (let axis = 0; axis < 3; axis++)
        fractions[(b * tokens + token) * 3 + axis] = coordinates[(b * 3 + axis) * tokens + token] / base[axis];
    }
  }
  return fractions;
}

/**
 * LTX-Video's table for fractional positions [rows, 3], for interleaved pairs.
 * @param channels rotated channels, all heads together
 * @returns tables [rows, channels / 2]
 */
export function ltxRotaryTable(fractions: Float32Array, channels: number, theta = 10000): RotaryTable {
  return tableOfFractions(fractions, 3, channels, theta, 'f32');
}

export interface Ltx2VideoCoordinateOptions {
  /** Pixels a latent step along frames, rows, columns. */
  readonly scaleFactors: Size3;
  readonly fps: number;
  readonly patchSize?: number;
  readonly patchSizeT?: number;
  /** Frames the causal first latent frame is short of a whole step: 1, or 0 for a non-causal VAE. */
  readonly causalOffset?: number;
}

/** LTX-2's bounds [3, tokens, 2] of each video patch: start and end in seconds, pixels, pixels. */
export function ltx2VideoCoordinates([frames, height, width]: Size3, options: Ltx2VideoCoordinateOptions): Float32Array {
  const { scaleFactors, fps, patchSize = 1, patchSizeT = 1, causalOffset = 1 } = options;
  const patch: Size3 = [patchSizeT, patchSize, patchSize];
  const positions = gridPositions([Math.ceil(frames / patchSizeT), Math.ceil(height / patchSize), Math.ceil(width / patchSize)]);
  const tokens = positions.length / 3;
  const bounds = new Float32Array(tokens * 6);
  for (let axis = 0; axis < 3; axis++) {
    for (let token = 0; token < tokens; token++) {
      for (let end = 0; end < 2; end++) {
        const pixel = fround((positions[token * 3 + axis] + end) * patch[axis] * scaleFactors[axis]);
        const causal = Math.max(0, fround(fround(pixel + causalOffset) - scaleFactors[0]));
        bounds[(axis * tokens + token) * 2 + end] = axis === 0 ? causal / fround(fps) : pixel;
      }
    }
  }
  return bounds;
}

export interface Ltx2AudioCoordinateOptions {
  /** Spectrogram columns a latent frame. */
  readonly scaleFactor: number;
  readonly samplingRate?: number;
  readonly hopLength?: number;
  readonly patchSizeT?: number;
  readonly causalOffset?: number;
  /** First latent frame. */
  readonly shift?: number;
}

/** LTX-2's bounds [1, tokens, 2] of each audio latent frame in seconds. */
export function ltx2AudioCoordinates(frames: number, options: Ltx2AudioCoordinateOptions): Float32Array {
  const { scaleFactor, samplingRate = 16000, hopLength = 160, patchSizeT = 1, causalOffset = 1, shift = 0 } = options;
  const tokens = Math.ceil(frames / patchSizeT);
  const bounds = new Float32Array(tokens * 2);
  for (let token = 0; token < tokens; token++) {
    for (let end = 0; end < 2; end++) {
      const column = fround((shift + (token + end) * patchSizeT) * scaleFactor);
      const causal = Math.max(0, fround(fround(column + causalOffset) - scaleFactor));
      bounds[token * 2 + end] = fround(causal * hopLength) / samplingRate;
    }
  }
  return bounds;
}

/** Midpoints of bounds [axes, tokens, 2], each axis as a fraction of its base size: [tokens, axes]. */
export function midpointFractions(bounds: Float32Array, bases: readonly number[]): Float32Array {
  const axes = bases.length;
  const tokens = bounds.length / (2 * axes);
  const fractions = new Float32Array(tokens * axes);
  for (let token = 0; token < tokens; token++) {
    for (let axis = 0; axis < axes; axis++) {
      const at = (axis * tokens + token) * 2;
      fractions[token * axes + axis] = fround(fround(bounds[at] + bounds[at + 1]) / 2) / bases[axis];
    }
  }
  return fractions;
}

/** Fractional positions [length, 1] of LTX-2's text connectors. */
export function ltx2SequenceFractions(length: number, baseLength = 4096): Float32Array {
  return Float32Array.from({ length }, (_, position) => position / baseLength);
}

export interface Ltx2RotaryOptions {
  /** Position axes: 3 for video, 1 for audio, time-only and text. */
  readonly axes: number;
  /** Rotated channels, all heads together. */
  readonly channels: number;
  readonly heads: number;
  readonly theta?: number;
  /** Precision in which frequencies are computed before they are rounded to f32. */
  readonly precision: 'f32' | 'f64';
}

/**
 * LTX-2's table for fractional positions [tokens, axes], for interleaved pairs as well as for split halves.
 * @returns tables [tokens, heads, channels / heads / 2]: they fit x [B, tokens, heads, channels / heads]
 */
export function ltx2RotaryTable(fractions: Float32Array, options: Ltx2RotaryOptions): RotaryTable {
  const { axes, channels, heads, theta = 10000, precision } = options;
  const { cos, sin, shape } = tableOfFractions(fractions, axes, channels, theta, precision);
  return { cos, sin, shape: [shape[0], heads, channels / heads / 2] };
}

/**
 * Wan's table for a grid of tokens, for interleaved pairs: a third of the head's channels (rounded to pairs) for rows, as
 * many for columns, the rest for frames; angles position / theta^(2 k / axisChannels) in f64.
 * @returns tables [frames * height * width, 1, headChannels / 2]: they fit x [B, tokens, heads, headChannels]
 */
export function wanRotaryTable([frames, height, width]: Size3, headChannels: number, theta = 10000): RotaryTable {
  const sideChannels = 2 * Math.floor(headChannels / 6);
  const axisChannels: Size3 = [headChannels - 2 * sideChannels, sideChannels, sideChannels];
  const pairs = headChannels / 2;
  const positions = gridPositions([frames, height, width]);
  const tokens = positions.length / 3;
  const cos = new Float32Array(tokens * pairs);
  const sin = new Float32Array(tokens * pairs);
  for (let token = 0; token < tokens; token++) {
    let at = token * pairs;
    for (let axis = 0; axis < 3; axis++) {
      for (let k = 0; k < axisChannels[axis]; k += 2, at++) {
        const angle = positions[token * 3 + axis] * (1 / theta ** (k / axisChannels[axis]));
        cos[at] = Math.cos(angle);
        sin[at] = Math.sin(angle);
      }
    }
  }
  return { cos, sin, shape: [tokens, 1, pairs] };
}

/**
 * The table of a sequence of tokens, as language models have it: angles position * (1 / theta^(2 k / headChannels) / factor), f32 in the
 * reference's order (`transformers`' default and linear rotary embeddings), for split halves. Positions count from `first`, 0 unless told.
 * @returns tables [length, 1, headChannels / 2]: they fit x [B, length, heads, headChannels]
 */
export function sequenceRotaryTable(
  length: number,
  headChannels: number,
  { theta, factor = 1, first = 0 }: { readonly theta: number; readonly factor?: number; readonly first?: number },
): RotaryTable {
  const pairs = headChannels / 2;
  const cos = new Float32Array(length * pairs);
  const sin = new Float32Array(length * pairs);
  for (let k = 0; k < pairs; k++) {
    const frequency = fround(fround(1 / fround(theta ** fround((2 * k) / headChannels))) / factor);
    for (let position = 0; position < length; position++) {
      const angle = fround((first + position) * frequency);
      cos[position * pairs + k] = Math.cos(angle);
      sin[position * pairs + k] = Math.sin(angle);
    }
  }
  return { cos, sin, shape: [length, 1, pairs] };
}
