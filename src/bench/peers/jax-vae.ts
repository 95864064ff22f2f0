import type * as Jax from '@jax-js/jax';
import type { TrainingOf } from '../training';

type JaxArray = Jax.Array;

/** Epsilon of the norms over channels. */
const pixelNormEps = 1e-8;

/** Pixels of a patch's side, and frames, rows and columns that a block of the VAE joins. */
const patch = 4;
const block = 2;

/**
 * Reconstruction by an LTX-Video VAE of the embedded model's layout (`AutoencoderKLLTXVideo` of version 0.9.5), channels first as jax-js
 * convolves: the means of `video` [B, 3, F, H, W] decoded again.
 */
export function jaxVae({ numpy: np, nn, lax }: typeof Jax, training: TrainingOf<'vae'>, tensor: (name: string) => JaxArray): JaxArray {
  const { channels, latentChannels } = training;

  const first = (x: JaxArray, axis: number, count: number): JaxArray => np.split(x.ref, [count], axis)[0];
  const rest = (x: JaxArray, axis: number, from: number): JaxArray => np.split(x.ref, [from], axis)[1];
  const conv = (name: string, x: JaxArray, causal: boolean): JaxArray => {
    const begin = first(x, 2, 1);
    const frames = causal ? [begin.ref, begin, x.ref] : [begin, x.ref, rest(x, 2, x.shape[2] - 1)];
    const bias = tensor(`${name}.conv.bias`);
    const y = lax.convGeneralDilated(
      np.concatenate(frames, 2),
      tensor(`${name}.conv.weight`).ref,
      [1, 1, 1],
      [
        [0, 0],
        [1, 1],
        [1, 1],
      ],
    );
    return np.add(y, np.reshape(bias.ref, [1, bias.shape[0], 1, 1, 1]));
  };
  const activated = (x: JaxArray): JaxArray => {
    const square = np.mean(np.square(x.ref), 1, { keepdims: true });
    return nn.silu(np.divide(x.ref, np.sqrt(np.add(square, pixelNormEps))));
  };
  const resnet = (name: string, x: JaxArray, causal: boolean): JaxArray => {
    const inner = conv(`${name}.conv1`, activated(x), causal);
    return np.add(conv(`${name}.conv2`, activated(inner), causal), x.ref);
  };
  const spaceToDepth = (x: JaxArray): JaxArray => {
    const [b, c, f, h, w] = x.shape;
    const blocks = np.reshape(x.ref, [b, c, f / block, block, h / block, block, w / block, block]);
    return np.reshape(np.transpose(blocks, [0, 1, 3, 5, 7, 2, 4, 6]), [b, c * block ** 3, f / block, h / block, w / block]);
  };
  const depthToSpace = (x: JaxArray): JaxArray => {
    const [b, deep, f, h, w] = x.shape;
    const c = deep / block ** 3;
    const blocks = np.reshape(x.ref, [b, c, block, block, block, f, h, w]);
    return np.reshape(np.transpose(blocks, [0, 1, 5, 2, 6, 3, 7, 4]), [b, c, f * block, h * block, w * block]);
  };
  const downsample = (name: string, x: JaxArray, outChannels: number): JaxArray => {
    const padded = np.concatenate([first(x, 2, block - 1), x.ref], 2);
    const shuffled = spaceToDepth(padded);
    const [b, deep, f, h, w] = shuffled.shape;
    const residual = np.mean(np.reshape(shuffled, [b, outChannels, deep / outChannels, f, h, w]), 2);
    return np.add(spaceToDepth(conv(`${name}.downsamplers.0.conv`, padded, true)), residual);
  };
  const upsample = (name: string, x: JaxArray): JaxArray => {
    const wide = conv(`${name}.upsamplers.0.conv`, x, false);
    const repeated = np.tile(x.ref, [1, wide.shape[1] / x.shape[1], 1, 1, 1]);
    return rest(depthToSpace(np.add(wide, repeated)), 2, block - 1);
  };

  const video = tensor('video');
  const [b, c, f, h, w] = video.shape;
  const pixels = np.reshape(video.ref, [b, c, f, h / patch, patch, w / patch, patch]);
  const patches = np.reshape(np.transpose(pixels, [0, 1, 6, 4, 2, 3, 5]), [b, c * patch ** 2, f, h / patch, w / patch]);
  let x = conv('encoder.conv_in', patches, true);
  x = downsample('encoder.down_blocks.0', x, 2 * channels);
  x = downsample('encoder.down_blocks.1', resnet('encoder.down_blocks.1.resnets.0', x, true), 2 * channels);
  x = conv('encoder.conv_out', activated(resnet('encoder.mid_block.resnets.0', x, true)), true);

  x = conv('decoder.conv_in', first(x, 1, latentChannels), false);
  x = upsample('decoder.up_blocks.0', resnet('decoder.mid_block.resnets.0', x, false));
  for (const name of ['resnets.0', 'resnets.1']) x = resnet(`decoder.up_blocks.0.${name}`, x, false);
  x = resnet('decoder.up_blocks.1.resnets.0', upsample('decoder.up_blocks.1', x), false);
  x = conv('decoder.conv_out', activated(x), false);
  const columnsFirst = np.reshape(x, [b, c, patch, patch, f, h / patch, w / patch]);
  return np.reshape(np.transpose(columnsFirst, [0, 1, 4, 5, 3, 6, 2]), [b, c, f, h, w]);
}
