import type { VaeContext } from '../ltx-vae';
import { wanCompression, type WanVaeConfig } from './vae-config';

/** Inclusive positions along rows or columns. */
type Range = readonly [first: number, last: number];

/** Any latent far from the edges: the network is the same everywhere. */
const somewhere = 1 << 20;

/**
 * How far the levels of the VAE look around a latent, in latents, found by walking from output to input as `decoderContext` of LTX's VAE
 * does it: norms act on single pixels, so that convolutions are all there is. The middle of either half is not of them: its attention sees
 * the whole of a frame. Along time they see all frames before.
 */
export function wanLevelsContext(config: WanVaeConfig): Readonly<Record<'encode' | 'decode', VaeContext>> {
  const frames = { before: Number.POSITIVE_INFINITY, after: 0 };
  const context = ([first, last]: Range): VaeContext => ({ frames, space: { before: somewhere - first, after: last - somewhere } });
  return { encode: context(encoderRange(config)), decode: context(decoderRange(config)) };
}

/** Convolutions of kernel 3, one after the other. */
const convolved = ([first, last]: Range, convolutions: number): Range => [first - convolutions, last + convolutions];

/** States that a latent's pixels depend on. */
function decoderRange(config: WanVaeConfig): Range {
  const { spatial } = wanCompression(config);
  let range = convolved([somewhere * spatial, (somewhere + 1) * spatial - 1], 1);
  for (let level = config.dim_mult.length - 1; level >= 0; level--) {
    range = convolved(range, 2 * (config.num_res_blocks + 1));
    if (level === 0) break;
    const [first, last] = convolved(range, 1);
    range = [Math.floor(first / 2), Math.floor(last / 2)];
  }
  return range;
}

/** Latents whose pixels a state depends on. */
function encoderRange(config: WanVaeConfig): Range {
  const { spatial } = wanCompression(config);
  let range: Range = [somewhere, somewhere];
  for (let level = config.dim_mult.length - 1; level >= 0; level--) {
    range = convolved(range, 2 * config.num_res_blocks);
    // A convolution of stride 2 reads three positions, from twice its own on.
    if (level > 0) range = [2 * range[0], 2 * range[1] + 2];
  }
  const [first, last] = convolved(range, 1);
  return [Math.floor(first / spatial), Math.floor(last / spatial)];
}
