import { AiprodError } from '../../errors';
import { exp } from '../../numeric/elementary';
import type { Video } from './video';

/**
 * The most likely latents: the means of moments [B, 2 C, F, H, W].
 * @returns [B, C, F, H, W]
 */
export function posteriorMode(moments: Video): Video {
  return halfOfChannels(moments, 0);
}

/** Means + exp(log-variance / 2) * noise; `noise` is standard normal, of the latents' shape. Log-variances are kept within -30 and 20. */
export function samplePosterior(moments: Video, noise: Float32Array): Video {
  const mean = halfOfChannels(moments, 0);
  const logVariance = halfOfChannels(moments, 1).data;
  if (noise.length !== mean.data.length) {
    throw new AiprodError('shape-mismatch', 'the noise does not fit the latents', {
      expected: `${mean.data.length} elements for [${mean.shape.join(', ')}]`,
      found: `${noise.length} elements`,
    });
  }
  const data = mean.data.map((value, i) => {
    const deviation = Math.fround(exp(0.5 * Math.min(20, Math.max(-30, logVariance[i]))));
    return value + Math.fround(deviation * noise[i]);
  });
  return { shape: mean.shape, data };
}

function halfOfChannels({ shape, data }: Video, half: 0 | 1): Video {
  const [batch, channels, frames, rows, columns] = shape;
  const size = (channels / 2) * frames * rows * columns;
  const result = new Float32Array(batch * size);
  for (let b = 0; b < batch; b++) result.set(data.subarray((2 * b + half) * size, (2 * b + half + 1) * size), b * size);
  return { shape: [batch, channels / 2, frames, rows, columns], data: result };
}
