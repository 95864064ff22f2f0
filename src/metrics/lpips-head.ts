/**
 * The head of LPIPS (Zhang, Isola, Efros, Shechtman, Wang, "The unreasonable effectiveness of deep features as a perceptual
 * metric", CVPR 2018, equation 1), version 0.1: from the features that a backbone gave for two pictures to their distance.
 */
import { AiprodError } from '../errors';

/** Features of one layer, `[channels, height, width]` (with a leading 1 or without). */
export interface FeatureMap {
  readonly data: ArrayLike<number>;
  readonly channels: number;
  /** height * width */
  readonly positions: number;
}

/** Added to the length of a feature vector before dividing by it. */
const EPSILON = 1e-10;

/**
 * Distance of one layer: feature vectors scaled to length 1, their squared difference weighted per channel, the mean over all
 * positions.
 * @param weights one for each channel, the layer's 1 x 1 convolution without bias
 */
export function lpipsLayer(a: FeatureMap, b: FeatureMap, weights: ArrayLike<number>): number {
  const { channels, positions } = a;
  if (b.channels !== channels || b.positions !== positions || weights.length !== channels) {
    throw new AiprodError('shape-mismatch', 'The features of the two pictures do not belong together', {
      expected: `${channels} channels of ${positions} positions`,
      found: `${b.channels} channels of ${b.positions} positions with ${weights.length} weights`,
    });
  }
  let total = 0;
  for (let position = 0; position < positions; position++) {
    const lengthOf = ({ data }: FeatureMap): number => {
      let squares = 0;
      for (let channel = 0; channel < channels; channel++) squares += data[channel * positions + position] ** 2;
      return Math.sqrt(squares) + EPSILON;
    };
    const lengthA = lengthOf(a);
    const lengthB = lengthOf(b);
    for (let channel = 0; channel < channels; channel++) {
      const at = channel * positions + position;
      total += weights[channel] * (a.data[at] / lengthA - b.data[at] / lengthB) ** 2;
    }
  }
  return total / positions;
}
