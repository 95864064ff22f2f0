/** Reference cases of metrics (`fixtures/golden/metrics_*`), for `aiprod verify`. */
import { z } from 'zod';
import { AiprodError } from '../errors';
import { compareOutputs, inputOf, type Comparison, type GoldenCase, type GoldenData } from '../golden';
import { averageHash, differenceHash, hashDistance, perceptualHash } from './image-hash';
import { lpipsLayer, type FeatureMap } from './lpips-head';
import { colorPlanes, lumaPlane } from './planes';
import { meanSquaredError, psnrOfError } from './psnr';
import { gaussianSsim, uniformSsim } from './ssim';

type NumberData = Exclude<GoldenData, BigInt64Array>;

const RECIPES: Readonly<Record<string, (golden: GoldenCase) => ReadonlyMap<string, readonly number[]>>> = {
  image_metrics: imageMetrics,
  lpips_head: lpipsHead,
};

export const verifiesMetricCase = ({ recipe }: Pick<GoldenCase, 'recipe'>): boolean => Object.hasOwn(RECIPES, recipe);

/**
 * Computes every output of a case.
 * @throws bad-input for an input that is missing or of another type, or an output that is not known.
 */
export function verifyMetricCase(golden: GoldenCase): Comparison[] {
  const computed = RECIPES[golden.recipe](golden);
  return compareOutputs(golden, new Map([...computed].map(([name, values]) => [name, Float64Array.from(values)])));
}

function picturesOf(golden: GoldenCase, name: string, dimensions: number): { data: ArrayLike<number>; shape: readonly number[] } {
  const expected = `numbers of ${dimensions} dimensions`;
  const { data, shape } = inputOf<NumberData>(golden, name, [Float32Array, Float64Array, Int32Array, Uint8Array], expected);
  if (shape.length === dimensions) return { data, shape };
  throw new AiprodError('bad-input', `input ${name} of the reference case is not usable`, {
    where: golden.name,
    expected,
    found: `[${shape.join(', ')}]`,
  });
}

const pairsSchema = z.object({ pairs: z.array(z.tuple([z.int().nonnegative(), z.int().nonnegative()])) });

/** Images `[count, height, width, 3]`, and figures of pairs of them. */
function imageMetrics(golden: GoldenCase): ReadonlyMap<string, readonly number[]> {
  const { data, shape } = picturesOf(golden, 'images', 4);
  const [count, height, width, channels] = shape;
  const { pairs } = pairsSchema.parse(golden.params);
  if (channels !== 3 || pairs.flat().some((index) => index >= count)) {
    throw new AiprodError('bad-input', 'the reference case compares images that it does not hold', { where: golden.name });
  }
  const length = height * width * channels;
  const images = Array.from({ length: count }, (_, index) => Uint8Array.from({ length }, (_, at) => data[index * length + at]));
  const colors = images.map((image) => colorPlanes(image, width, height));
  const lumas = images.map((image) => lumaPlane(image, width, height));
  const ofColors = (figure: (a: (typeof lumas)[0], b: (typeof lumas)[0]) => number): number[] =>
    pairs.map(([a, b]) => [0, 1, 2].reduce((sum, channel) => sum + figure(colors[a][channel], colors[b][channel]) / 3, 0));
  const errors = ofColors(meanSquaredError);
  const phashes = lumas.map(perceptualHash);
  return new Map([
    ['mse', errors],
    ['psnr', errors.map((error) => psnrOfError(error, 255))],
    ['ssim_uniform7', ofColors(uniformSsim)],
    ['ssim_gauss', ofColors(gaussianSsim)],
    ['phash', phashes.flatMap((hash) => [...hash])],
    ['dhash', lumas.flatMap((luma) => [...differenceHash(luma)])],
    ['average_hash', lumas.flatMap((luma) => [...averageHash(luma)])],
    ['phash_distance', pairs.map(([a, b]) => hashDistance(phashes[a], phashes[b]))],
  ]);
}

const layersSchema = z.object({ layers: z.int().positive() });

/** Features `feat0.i` and `feat1.i` of `[1, channels, height, width]` with weights `lin{i}`. */
function lpipsHead(golden: GoldenCase): ReadonlyMap<string, readonly number[]> {
  const { layers } = layersSchema.parse(golden.params);
  const features = (name: string): FeatureMap => {
    const { data, shape } = picturesOf(golden, name, 4);
    if (shape[0] !== 1) throw new AiprodError('bad-input', `${name} is of more than one picture`, { where: golden.name });
    return { data, channels: shape[1], positions: shape[2] * shape[3] };
  };
  const distances = Array.from({ length: layers }, (_, layer) =>
    lpipsLayer(features(`feat0.${layer}`), features(`feat1.${layer}`), picturesOf(golden, `lin${layer}`, 4).data),
  );
  return new Map([
    ...distances.map((distance, layer) => [`layer.${layer}`, [distance]] as const),
    ['distance', [distances.reduce((sum, distance) => sum + distance, 0)]] as const,
  ]);
}
