import { broadcastTo, cast, concat, silu, slice, type Tensor, type Tracer } from '../../graph';
import { captureNothing, type Capture } from '../capture';
import { channelsFirst } from '../layouts';
import { patchifyPixels } from './pixel-shuffle';
import { causalConv3d, pixelNorm, resnet, resnetSettings, unshuffleDownsample, type Edges } from './vae-blocks';
import { downBlocks, downsampleStride, type DownBlock, type LtxVaeConfig } from './vae-config';

/**
 * The encoder of LTX-Video's or LTX-2's VAE: pixels [B, in_channels, F, H, W], -1 to 1, to the moments of the latents
 * [B, 2 * latent_channels, F', H', W']: means, then log-variances (one, shared by all channels).
 */
export function ltxVaeEncoder(tracer: Tracer, config: LtxVaeConfig, video: Tensor, capture: Capture = captureNothing): Tensor {
  return tracer.scope('encoder', () => {
    const edges = encoderEdges(config);
    const blocks = downBlocks(config);
    const resnets = (x: Tensor, layers: number): Tensor => {
      let y = x;
      for (let index = 0; index < layers; index++) y = resnet(`resnets.${index}`, y, { edges, ...resnetSettings(config) });
      return y;
    };

    let hidden = causalConv3d('conv_in', cast(patchifyPixels(video, config.patch_size), tracer.dtype), blocks[0].inChannels, { edges });
    capture('encoder.conv_in', () => channelsFirst(hidden));
    blocks.forEach((block, index) => {
      hidden = tracer.scope(`down_blocks.${index}`, () => downBlock(resnets(hidden, block.layers), block, config));
      capture(`encoder.down_blocks.${index}`, () => channelsFirst(hidden));
    });
    hidden = tracer.scope('mid_block', () => resnets(hidden, config.layers_per_block[config.layers_per_block.length - 1]));
    capture('encoder.mid_block', () => channelsFirst(hidden));

    const latentChannels = config.latent_channels;
    const out = causalConv3d('conv_out', silu(pixelNorm(hidden)), latentChannels + 1, { edges });
    const logVariance = slice(out, 4, latentChannels, 1);
    const others = broadcastTo(logVariance, [...out.shape.slice(0, 4), latentChannels - 1]);
    return channelsFirst(cast(latentChannels === 1 ? out : concat([out, others], 4), 'f32'));
  });
}

function encoderEdges({ encoder_causal: causal, encoder_spatial_padding_mode: space }: LtxVaeConfig): Edges {
  return { causal, space };
}

/** The rest of a down block behind its resnets. */
function downBlock(x: Tensor, block: DownBlock, config: LtxVaeConfig): Tensor {
  const edges = encoderEdges(config);
  const small = downsample(x, block, edges);
  if (block.type === 'LTXVideo095DownBlock3D' || block.inChannels === block.outChannels) return small;
  return resnet('conv_out', small, { outChannels: block.outChannels, edges, ...resnetSettings(config) });
}

function downsample(x: Tensor, { downsample: kind, inChannels, outChannels }: DownBlock, edges: Edges): Tensor {
  if (kind === undefined) return x;
  if (kind === 'conv') return causalConv3d('downsamplers.0', x, inChannels, { stride: 2, edges });
  return unshuffleDownsample('downsamplers.0', x, outChannels, downsampleStride[kind], edges);
}
