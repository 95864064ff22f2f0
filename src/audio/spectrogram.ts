import { AiprodError } from '../errors';
import { realFourier } from './fourier';

export interface SpectrogramOptions {
  /** Samples of a frame and of its window, a power of two. */
  readonly frameLength: number;
  /** Samples from frame to frame. */
  readonly hopLength: number;
}

/** Magnitudes of a short-time Fourier transform. */
export interface MagnitudeSpectrogram {
  readonly frames: number;
  /** frameLength / 2 + 1 */
  readonly bins: number;
  /** [frames, bins] */
  readonly magnitudes: Float32Array;
}

/** Periodic Hann window. */
export function hannWindow(size: number): Float64Array {
  return Float64Array.from({ length: size }, (_, n) => Math.sin((Math.PI * n) / size) ** 2);
}

/**
 * Magnitudes of the short-time Fourier transform under a Hann window. Frame k has sample k hop at its middle; the ends are mirrored
 * (torch.stft with `center` and `pad_mode='reflect'`): 1 + floor(samples / hop) frames.
 * @throws AiprodError `bad-input` when the sound is too short to be mirrored.
 */
export function magnitudeSpectrogram(samples: Float32Array, { frameLength, hopLength }: SpectrogramOptions): MagnitudeSpectrogram {
  const half = frameLength / 2;
  if (samples.length <= half) {
    throw new AiprodError('bad-input', 'the sound is too short', {
      expected: `more than ${half} samples`,
      found: String(samples.length),
    });
  }
  const fourier = realFourier(frameLength);
  const window = hannWindow(frameLength);
  const bins = half + 1;
  const frames = 1 + Math.floor(samples.length / hopLength);
  const magnitudes = new Float32Array(frames * bins);
  const frame = new Float64Array(frameLength);
  const last = samples.length - 1;
  for (let k = 0; k < frames; k++) {
    const start = k * hopLength - half;
    for (let n = 0; n < frameLength; n++) {
      const at = Math.abs(start + n);
      frame[n] = window[n] * samples[at > last ? 2 * last - at : at];
    }
    fourier.magnitudes(frame, magnitudes.subarray(k * bins, (k + 1) * bins));
  }
  return { frames, bins, magnitudes };
}
