import { cast, silu, type Tensor, type Tracer } from '../../graph';
import { captureNothing, type Capture } from '../capture';
import { channelsFirst, channelsLast } from '../layouts';
import { audioConv2d, audioDownsample, audioNorm, levelBlocks, midBlocks } from './audio-vae-blocks';
import { encoderAttends, levelChannels, type Ltx2AudioVaeConfig } from './audio-vae-config';

/**
 * The encoder of LTX-2's audio VAE.
 * @param mel log-mel spectrograms [B, in_channels, T, mel_bins]
 * @returns moments [B, 2 latent_channels, T', mel_bins'] f32: means, then log-variances
 */
export function ltx2AudioVaeEncoder(tracer: Tracer, config: Ltx2AudioVaeConfig, mel: Tensor, capture: Capture = captureNothing): Tensor {
  const axis = config.causality_axis;
  return tracer.scope('encoder', () => {
    let hidden = audioConv2d('conv_in', channelsLast(cast(mel, tracer.dtype)), config.base_channels, axis);
    capture('encoder.conv_in', () => channelsFirst(hidden));
    const channels = levelChannels(config);
    channels.forEach((_, level) => {
      hidden = tracer.scope(`down.${level}`, () => {
        const blocks = levelBlocks(hidden, config, {
          blocks: config.num_res_blocks,
          channels: channels[level],
          attends: encoderAttends(config, level),
        });
        return level === channels.length - 1 ? blocks : audioDownsample('downsample', blocks, axis);
      });
    });
    hidden = midBlocks(hidden, config);
    const moments = audioConv2d('conv_out', silu(audioNorm('norm_out', hidden, config)), 2 * config.latent_channels, axis);
    return channelsFirst(cast(moments, 'f32'));
  });
}
