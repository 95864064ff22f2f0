/** Composing on the CPU in f64, formula by formula: what the kernels are judged by. Slow; for tests, and to say what is meant. */
import type { EvaluatedEffect, PictureSize } from '../project';
import { blendChannel } from './blend';
import type { Composition, LayerPicture } from './composition';
import { gaussianWeights, isAreaEffect, pixelEffects, type EffectScene } from './effects';
import { placePicture, type Placement } from './placement';
import { parseColor, toEncoded, toLinear, type Rgba } from './srgb';

/** Pixels in f64 with straight alpha, row by row. */
export interface ReferencePicture extends PictureSize {
  readonly pixels: readonly Rgba[];
}

/** The frame, RGBA8. Pictures must be bytes. */
export function composeReference({ layers, frame, output, background, tables = new Map() }: Composition): Uint8Array<ArrayBuffer> {
  const [red, green, blue] = parseColor(background);
  let below: Rgba[] = Array.from({ length: output.width * output.height }, () => [red, green, blue, 1]);
  for (const { layer, picture } of layers) {
    const placement = placePicture(picture, layer.transform, frame, output);
    if (placement === null) continue;
    const scene: EffectScene = { ...placement.working, lengthScale: placement.lengthScale, clipFrame: layer.clipFrame, tables };
    const reduced = reduceReference(referencePicture(picture), placement.working);
    const source = layer.effects.reduce((current, effect) => effectReference(current, effect, scene), reduced);
    const blend = blendChannel[layer.blend];
    below = below.map((backdrop, at) => {
      const color = sampleReference(source, placement, [(at % output.width) + 0.5, Math.floor(at / output.width) + 0.5]);
      const alpha = clamp(color[3]) * layer.opacity;
      const mixed = (channel: 0 | 1 | 2): number =>
        backdrop[channel] + (blend(backdrop[channel], clamp(color[channel])) - backdrop[channel]) * alpha;
      return [mixed(0), mixed(1), mixed(2), 1];
    });
  }
  return Uint8Array.from(below.flatMap((pixel) => pixel.map((value) => Math.floor(0.5 + 255 * clamp(value)))));
}

const clamp = (value: number): number => Math.min(1, Math.max(0, value));

/** Bytes as shares of 1. */
export function referencePicture(picture: LayerPicture): ReferencePicture {
  if (picture.kind !== 'bytes') throw new TypeError('the reference reads bytes');
  const { width, height, rgba } = picture;
  const pixels = Array.from({ length: width * height }, (_, at): Rgba => [
    rgba[at * 4] / 255,
    rgba[at * 4 + 1] / 255,
    rgba[at * 4 + 2] / 255,
    rgba[at * 4 + 3] / 255,
  ]);
  return { width, height, pixels };
}

/** One effect on a picture. */
export function effectReference(picture: ReferencePicture, effect: EvaluatedEffect, scene: EffectScene): ReferencePicture {
  const { type, values } = effect;
  const { width, pixels } = picture;
  if (!isAreaEffect(type)) {
    const { reference } = pixelEffects[type];
    return {
      ...picture,
      pixels: pixels.map((color, at) => reference(color, effect, scene, [(at % width) + 0.5, Math.floor(at / width) + 0.5])),
    };
  }
  const sigma = Math.max(1e-3, values.radius * scene.lengthScale);
  if (type === 'blur') return blurReference(picture, sigma, toLinear, toEncoded);
  const blurred = blurReference(picture, sigma, same, same);
  const sharper = (color: Rgba, soft: Rgba, channel: 0 | 1 | 2): number => {
    const detail = color[channel] - soft[channel];
    return color[channel] + (Math.abs(detail) > values.threshold ? values.amount * detail : 0);
  };
  return {
    ...picture,
    pixels: pixels.map((color, at): Rgba => {
      const soft = blurred.pixels[at];
      return [sharper(color, soft, 0), sharper(color, soft, 1), sharper(color, soft, 2), color[3]];
    }),
  };
}

const same = (value: number): number => value;

function blurReference(
  picture: ReferencePicture,
  sigma: number,
  before: (value: number) => number,
  after: (value: number) => number,
): ReferencePicture {
  const weights = gaussianWeights(sigma);
  const premultiplied = picture.pixels.map(([r, g, b, a]): Rgba => [before(r) * a, before(g) * a, before(b) * a, a]);
  const { width, height } = picture;
  const rows = along(premultiplied, weights, (at, k) => {
    const column = Math.min(width - 1, Math.max(0, (at % width) + k));
    return Math.floor(at / width) * width + column;
  });
  const both = along(rows, weights, (at, k) => Math.min(height - 1, Math.max(0, Math.floor(at / width) + k)) * width + (at % width));
  return {
    width,
    height,
    pixels: both.map(([r, g, b, a]): Rgba => (a === 0 ? [0, 0, 0, 0] : [after(r / a), after(g / a), after(b / a), a])),
  };
}

function along(pixels: readonly Rgba[], weights: Float32Array, neighbour: (at: number, k: number) => number): Rgba[] {
  return pixels.map((_, at): Rgba => {
    const sum: [number, number, number, number] = [0, 0, 0, 0];
    for (let k = 1 - weights.length; k < weights.length; k++) {
      const color = pixels[neighbour(at, k)];
      for (let channel = 0; channel < 4; channel++) sum[channel] += color[channel] * weights[Math.abs(k)];
    }
    return sum;
  });
}

/** Means over areas; see kernels/image/reduce.wgsl. */
function reduceReference(picture: ReferencePicture, { width, height }: PictureSize): ReferencePicture {
  if (picture.width === width && picture.height === height) return picture;
  const columns = coverage(picture.width, width);
  const rows = coverage(picture.height, height);
  const pixels = rows.flatMap((row) =>
    columns.map((column): Rgba => {
      const sum: [number, number, number, number] = [0, 0, 0, 0];
      for (const [y, high] of row) {
        for (const [x, wide] of column) {
          const [r, g, b, a] = picture.pixels[y * picture.width + x];
          [r * a, g * a, b * a, a].forEach((value, channel) => (sum[channel] += value * high * wide));
        }
      }
      const [r, g, b, a] = sum;
      const area = (picture.width / width) * (picture.height / height);
      return a === 0 ? [0, 0, 0, 0] : [r / a, g / a, b / a, a / area];
    }),
  );
  return { width, height, pixels };
}

/** Of each of `size` places, which of `from` it covers and how much of each. */
function coverage(from: number, size: number): (readonly [number, number])[][] {
  const ratio = from / size;
  return Array.from({ length: size }, (_, at) => {
    const [low, high] = [at * ratio, (at + 1) * ratio];
    return Array.from({ length: Math.min(from, Math.ceil(high)) - Math.floor(low) }, (_unused, k) => {
      const place = Math.floor(low) + k;
      return [place, Math.min(high, place + 1) - Math.max(low, place)] as const;
    });
  });
}

/** The picture at a place of the output: straight colour, alpha times coverage; see kernels/image/over.wgsl. */
function sampleReference(picture: ReferencePicture, placement: Placement, [px, py]: readonly [number, number]): Rgba {
  const { across, down, offset, windowLow, windowHigh, scale } = placement;
  const u = [0, 1].map((axis) => across[axis] * px + down[axis] * py + offset[axis]);
  const inside = u.map((value, axis) => clamp(Math.min(value - windowLow[axis], windowHigh[axis] - value) * scale[axis] + 0.5));
  const covered = inside[0] * inside[1];
  if (covered <= 0) return [0, 0, 0, 0];
  const [column, row] = u.map((value) => Math.floor(value - 0.5));
  const [fx, fy] = [u[0] - 0.5 - column, u[1] - 0.5 - row];
  const sum: [number, number, number, number] = [0, 0, 0, 0];
  for (const [dx, dy, weight] of [
    [0, 0, (1 - fx) * (1 - fy)],
    [1, 0, fx * (1 - fy)],
    [0, 1, (1 - fx) * fy],
    [1, 1, fx * fy],
  ]) {
    const x = Math.min(picture.width - 1, Math.max(0, column + dx));
    const y = Math.min(picture.height - 1, Math.max(0, row + dy));
    const [r, g, b, a] = picture.pixels[y * picture.width + x];
    [r * a, g * a, b * a, a].forEach((value, channel) => (sum[channel] += value * weight));
  }
  const [r, g, b, a] = sum;
  return a === 0 ? [0, 0, 0, 0] : [r / a, g / a, b / a, a * covered];
}
