import { add, cast, multiply, silu, type Tensor, type Tracer } from '../../graph';
import { AiprodError } from '../../errors';
import { captureNothing, type Capture } from '../capture';
import { modulationRows } from '../layers';
import { channelsFirst, channelsLast } from '../layouts';
import { unpatchifyPixels } from './pixel-shuffle';
import {
  causalConv3d,
  pixelNorm,
  resnet,
  resnetSettings,
  shuffleUpsample,
  timestepRows,
  type DecoderConditioning,
  type Edges,
} from './vae-blocks';
import { decoderMidBlock, upBlocks, upsampleStride, type LtxVaeConfig, type UpBlock } from './vae-config';

export interface LtxVaeDecoderInputs {
  /** [B, latent_channels, F, H, W] in the VAE's own units (denormalized). */
  readonly latents: Tensor;
  /** Sinusoid of the decode timestep times the model's scale (1000), [B, 256] f32. Only timestep-conditioned models take it. */
  readonly timestepSinusoid?: Tensor;
  /** Gives standard normal noise [H, W] in order of use. Only models with `decoder_inject_noise` ask. */
  readonly nextNoise?: DecoderConditioning['nextNoise'];
}

/**
 * The decoder of LTX-Video's or LTX-2's VAE: latents to pixels [B, out_channels, F', H', W'], about -1 to 1. Versions 0.9.1 and later take
 * a timestep and finish the denoising themselves; 0.9.1 also injects noise.
 */
export function ltxVaeDecoder(
  tracer: Tracer,
  config: LtxVaeConfig,
  inputs: LtxVaeDecoderInputs,
  capture: Capture = captureNothing,
): Tensor {
  if (config.timestep_conditioning !== (inputs.timestepSinusoid !== undefined)) {
    throw new AiprodError('shape-mismatch', 'the decode timestep does not fit the model', {
      where: 'vae decoder',
      expected: config.timestep_conditioning
        ? 'a timestep (timestep_conditioning is true)'
        : 'no timestep (timestep_conditioning is false)',
      found: inputs.timestepSinusoid === undefined ? 'none' : 'one',
    });
  }
  const conditioning: DecoderConditioning = {
    timestepSinusoid: inputs.timestepSinusoid,
    nextNoise: (rows, columns) => {
      if (inputs.nextNoise !== undefined) return inputs.nextNoise(rows, columns);
      throw new AiprodError('shape-mismatch', 'this decoder injects noise and was given none', { where: 'vae decoder' });
    },
  };
  return tracer.scope('decoder', () => {
    const edges = decoderEdges(config);
    const middle = decoderMidBlock(config);
    let hidden = causalConv3d('conv_in', channelsLast(cast(inputs.latents, tracer.dtype)), middle.channels, { edges });
    capture('decoder.conv_in', () => channelsFirst(hidden));

    hidden = tracer.scope('mid_block', () => conditionedResnets(hidden, middle, config, conditioning));
    capture('decoder.mid_block', () => channelsFirst(hidden));
    upBlocks(config).forEach((block, index) => {
      hidden = tracer.scope(`up_blocks.${index}`, () => upBlock(hidden, block, config, conditioning));
      capture(`decoder.up_blocks.${index}`, () => channelsFirst(hidden));
    });

    let normed = pixelNorm(hidden);
    if (inputs.timestepSinusoid !== undefined) {
      const channels = hidden.shape[4];
      const [shift, scale] = modulationRows('scale_shift_table', 2, timestepRows(inputs.timestepSinusoid, 2, channels));
      normed = add(multiply(normed, add(scale, 1)), shift);
    }
    const patches = causalConv3d('conv_out', silu(normed), config.out_channels * config.patch_size ** 2, { edges });
    return unpatchifyPixels(cast(patches, 'f32'), config.patch_size);
  });
}

function decoderEdges({ decoder_causal: causal, decoder_spatial_padding_mode: space }: LtxVaeConfig): Edges {
  return { causal, space };
}

function upBlock(x: Tensor, block: UpBlock, config: LtxVaeConfig, conditioning: DecoderConditioning): Tensor {
  const edges = decoderEdges(config);
  let hidden = x;
  if (block.inChannels !== block.outChannels) {
    hidden = resnet('conv_in', hidden, { outChannels: block.outChannels, edges, ...resnetSettings(config) });
  }
  if (block.upsample !== undefined) {
    const { type, factor, residual } = block.upsample;
    hidden = shuffleUpsample('upsamplers.0', hidden, { stride: upsampleStride[type], factor, residual, edges });
  }
  return conditionedResnets(hidden, block, config, conditioning);
}

/** Resnets that share one timestep embedding and draw noise in order. */
function conditionedResnets(
  x: Tensor,
  { layers, injectNoise }: { readonly layers: number; readonly injectNoise: boolean },
  config: LtxVaeConfig,
  { timestepSinusoid, nextNoise }: DecoderConditioning,
): Tensor {
  if (layers === 0) return x;
  const rows = timestepSinusoid === undefined ? undefined : timestepRows(timestepSinusoid, 4, x.shape[4]);
  let hidden = x;
  for (let index = 0; index < layers; index++) {
    hidden = resnet(`resnets.${index}`, hidden, {
      edges: decoderEdges(config),
      ...resnetSettings(config),
      timestepRows: rows,
      noise: injectNoise ? nextNoise : undefined,
    });
  }
  return hidden;
}
