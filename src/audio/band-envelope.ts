import type { OnsetEnvelope } from './onsets';
import { magnitudeSpectrogram } from './spectrogram';
import { monoSamples, type Waveform } from './waveform';

const frameSeconds = 0.032;
const hopSeconds = 0.005;

/** The band of a telephone (ITU-T G.712), which holds what tells speech. */
export const SPEECH_BAND = { low: 300, high: 3400 } as const;

/**
 * Strength of a band of frequencies over time: the root of its mean power in frames of 32 ms, 200 a second.
 * @param band hertz
 * @throws AiprodError `bad-input` when the sound is shorter than half a frame (16 ms).
 */
export function bandEnvelope(waveform: Waveform, { low, high }: { readonly low: number; readonly high: number }): OnsetEnvelope {
  const { sampleRate } = waveform;
  const hopLength = Math.max(1, Math.round(sampleRate * hopSeconds));
  const frameLength = 2 ** Math.max(1, Math.round(Math.log2(sampleRate * frameSeconds)));
  const { frames, bins, magnitudes } = magnitudeSpectrogram(monoSamples(waveform), { frameLength, hopLength });
  const first = Math.min(bins, Math.ceil((low * frameLength) / sampleRate));
  const end = Math.min(bins, Math.floor((high * frameLength) / sampleRate) + 1);
  const strengths = Float32Array.from({ length: frames }, (_, frame) => {
    let power = 0;
    for (let bin = first; bin < end; bin++) power += magnitudes[frame * bins + bin] ** 2;
    return Math.sqrt(power / Math.max(1, end - first));
  });
  return { rate: sampleRate / hopLength, strengths };
}
