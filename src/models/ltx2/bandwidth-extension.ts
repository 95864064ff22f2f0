import { add, maximum, minimum, pad, permute, reshape, slice, type Tensor, type Tracer } from '../../graph';
import { captureNothing, type Capture } from '../capture';
import { channelsFirst, channelsLast } from '../layouts';
import { causalMelSpectrogram } from './causal-stft';
import { upsampleHann } from './rate-change';
import { ltx2Generator } from './vocoder';
import type { BandwidthExtensionConfig } from './vocoder-config';

/**
 * LTX-2.3's bandwidth extension: a second generator makes the high band from the spectrogram of the first one's waveform, and the
 * waveform itself, resampled, is added.
 * @param waveform [B, channels, T] of `inputRate`
 * @returns [B, channels, T ratio], -1 to 1
 */
export function ltx2BandwidthExtension(
  tracer: Tracer,
  config: BandwidthExtensionConfig,
  waveform: Tensor,
  capture: Capture = captureNothing,
): Tensor {
  const { filterLength, hopLength, ratio } = config;
  const [batch, channels, length] = waveform.shape;
  const missing = (hopLength - (length % hopLength)) % hopLength;
  const whole = pad(waveform, [
    [0, 0],
    [0, 0],
    [0, missing],
  ]);
  const mel = tracer.scope('mel_stft', () => {
    const bins = Math.floor(filterLength / 2) + 1;
    const spectrogram = causalMelSpectrogram(
      reshape(whole, [batch * channels, length + missing, 1]),
      tracer.parameter('mel_basis', [config.melChannels, bins]),
      {
        basis: tracer.parameter('stft_fn.forward_basis', [2 * bins, 1, filterLength], { permute: [2, 1, 0] }),
        hop: hopLength,
        window: config.windowLength,
      },
    );
    capture('mel_stft.0', () => channelsFirst(spectrogram.logMel));
    capture('mel_stft.1', () => channelsFirst(spectrogram.magnitude));
    capture('mel_stft.2', () => channelsFirst(spectrogram.phase()));
    capture('mel_stft.3', spectrogram.energy);
    return spectrogram.logMel;
  });
  const frames = mel.shape[1];
  const high = tracer.scope('bwe_generator', () =>
    ltx2Generator(tracer, config.generator, reshape(mel, [batch, channels, frames, config.melChannels]), (name, value) =>
      capture(`bwe_generator.${name}`, value),
    ),
  );
  capture('bwe_generator', () => high);
  const low = permute(upsampleHann(channelsLast(whole), ratio), [0, 2, 1]);
  capture('resampler', () => low);
  return slice(minimum(maximum(add(high, low), -1), 1), 2, 0, length * ratio);
}
