import { magnitudeSpectrogram } from './spectrogram';
import { monoSamples, type Waveform } from './waveform';

/** How strongly sounds begin, over time. */
export interface OnsetEnvelope {
  /** Values a second, about 200. */
  readonly rate: number;
  /** Value k is about the sound at k / rate seconds; 0 or more. */
  readonly strengths: Float32Array;
}

/** Seconds of a frame, and from frame to frame: short, because onsets are to be placed within a video frame. */
const frameSeconds = 0.016;
const hopSeconds = 0.005;

/**
 * Onset strength by spectral flux (Bello et al. 2005, "A tutorial on onset detection in music signals"): the rise of
 * ln(1 + magnitude / mean magnitude) from frame to frame, falls left out, averaged over the bins of the channels' mean. Zero for silence.
 * @throws AiprodError `bad-input` when the sound is shorter than half a frame (8 ms).
 */
export function onsetStrengths(waveform: Waveform): OnsetEnvelope {
  const { sampleRate } = waveform;
  const hopLength = Math.max(1, Math.round(sampleRate * hopSeconds));
  const frameLength = 2 ** Math.max(1, Math.round(Math.log2(sampleRate * frameSeconds)));
  const { frames, bins, magnitudes } = magnitudeSpectrogram(monoSamples(waveform), { frameLength, hopLength });
  const mean = magnitudes.reduce((sum, magnitude) => sum + magnitude, 0) / magnitudes.length;
  const strengths = new Float32Array(frames);
  if (mean === 0) return { rate: sampleRate / hopLength, strengths };
  const loudness = magnitudes.map((magnitude) => Math.log1p(magnitude / mean));
  for (let frame = 1; frame < frames; frame++) {
    let flux = 0;
    for (let bin = 0; bin < bins; bin++) flux += Math.max(0, loudness[frame * bins + bin] - loudness[(frame - 1) * bins + bin]);
    strengths[frame] = flux / bins;
  }
  return { rate: sampleRate / hopLength, strengths };
}
