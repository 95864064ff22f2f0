import { cast, pad, silu, slice, type Tensor, type Tracer } from '../../graph';
import { captureNothing, type Capture } from '../capture';
import { channelsFirst, channelsLast } from '../layouts';
import { audioConv2d, audioNorm, audioUpsample, levelBlocks, midBlocks } from './audio-vae-blocks';
import { decodedAudioFrames, decodedMelBins, decoderAttends, levelChannels, type Ltx2AudioVaeConfig } from './audio-vae-config';

/**
 * The decoder of LTX-2's audio VAE.
 * @param latents [B, latent_channels, T, M] in the VAE's units (denormalized)
 * @returns log-mel spectrograms [B, output_channels, 4 T - 3, mel_bins] f32
 */
export function ltx2AudioVaeDecoder(
  tracer: Tracer,
  config: Ltx2AudioVaeConfig,
  latents: Tensor,
  capture: Capture = captureNothing,
): Tensor {
  const axis = config.causality_axis;
  const [, , frames, bins] = latents.shape;
  return tracer.scope('decoder', () => {
    const channels = levelChannels(config);
    let hidden = audioConv2d('conv_in', channelsLast(cast(latents, tracer.dtype)), channels[channels.length - 1], axis);
    capture('decoder.conv_in', () => channelsFirst(hidden));
    hidden = midBlocks(hidden, config);
    for (let level = channels.length - 1; level >= 0; level--) {
      hidden = tracer.scope(`up.${level}`, () => {
        const blocks = levelBlocks(hidden, config, {
          blocks: config.num_res_blocks + 1,
          channels: channels[level],
          attends: decoderAttends(config, level),
        });
        return level === 0 ? blocks : audioUpsample('upsample', blocks, axis);
      });
    }
    const mel = audioConv2d('conv_out', silu(audioNorm('norm_out', hidden, config)), config.output_channels, axis);
    const fitted = fitAxis(fitAxis(mel, 1, decodedAudioFrames(frames)), 2, decodedMelBins(config, bins));
    return channelsFirst(cast(fitted, 'f32'));
  });
}

/** Cuts an axis, or fills it up with zeros, to the size that the reference promises. */
function fitAxis(x: Tensor, axis: number, size: number): Tensor {
  const found = x.shape[axis];
  if (found > size) return slice(x, axis, 0, size);
  if (found === size) return x;
  return pad(
    x,
    x.shape.map((_, k): readonly [number, number] => (k === axis ? [0, size - found] : [0, 0])),
  );
}
