import { AiprodError } from '../errors';
import { magnitudeSpectrogram, type SpectrogramOptions } from './spectrogram';
import { sampleCount, type Waveform } from './waveform';

/** Slaney's mel scale (Auditory Toolbox, 1998): linear to 1 kHz, logarithmic above. */
const linearStep = 200 / 3;
const breakFrequency = 1000;
const breakMel = breakFrequency / linearStep;
const logStep = Math.log(6.4) / 27;

export function melOfFrequency(hertz: number): number {
  return hertz < breakFrequency ? hertz / linearStep : breakMel + Math.log(hertz / breakFrequency) / logStep;
}

export function frequencyOfMel(mel: number): number {
  return mel < breakMel ? mel * linearStep : breakFrequency * Math.exp(logStep * (mel - breakMel));
}

export interface MelFilterOptions {
  readonly sampleRate: number;
  /** Samples of a frame of the spectrogram. */
  readonly frameLength: number;
  readonly melBins: number;
  /** Hertz; by default 0 and half the sample rate. */
  readonly lowest?: number;
  readonly highest?: number;
}

/**
 * Triangular filters [melBins, frameLength / 2 + 1] with corners evenly spaced on Slaney's mel scale, each of one area ("slaney"
 * norm: 2 over its width in hertz).
 */
export function melFilters({ sampleRate, frameLength, melBins, lowest = 0, highest = sampleRate / 2 }: MelFilterOptions): Float32Array {
  const bins = frameLength / 2 + 1;
  const [low, high] = [melOfFrequency(lowest), melOfFrequency(highest)];
  const corners = Array.from({ length: melBins + 2 }, (_, k) => frequencyOfMel(low + ((high - low) * k) / (melBins + 1)));
  return Float32Array.from({ length: melBins * bins }, (_, k) => {
    const [left, middle, right] = corners.slice(Math.floor(k / bins), Math.floor(k / bins) + 3);
    const hertz = ((k % bins) * sampleRate) / frameLength;
    const height = Math.min((hertz - left) / (middle - left), (right - hertz) / (right - middle));
    return (Math.max(0, height) * 2) / (right - left);
  });
}

export interface LogMelOptions extends SpectrogramOptions {
  /** Samples a second that the waveform must have. */
  readonly sampleRate: number;
  readonly melBins: number;
}

/** Log-mel spectrogram of each channel. */
export interface LogMelSpectrogram {
  /** [channels, frames, mel bins] */
  readonly shape: readonly [channels: number, frames: number, melBins: number];
  readonly data: Float32Array;
}

/** Silence: smaller magnitudes count as this. */
const floor = 1e-5;

/**
 * ln(max(mel magnitude, 1e-5)) of each channel, as LTX-2's audio VAE takes it (there at 16 kHz, frames of 1024, hop 160, 64 bins).
 * @throws AiprodError `bad-input` when the sound has another rate (resample it first) or is shorter than half a frame.
 */
export function logMelSpectrogram(waveform: Waveform, options: LogMelOptions): LogMelSpectrogram {
  const { sampleRate, melBins } = options;
  if (waveform.sampleRate !== sampleRate) {
    throw new AiprodError('bad-input', 'the sound has another sample rate', {
      expected: `${sampleRate} Hz`,
      found: `${waveform.sampleRate} Hz`,
      hint: 'Resample it first',
    });
  }
  const frames = 1 + Math.floor(sampleCount(waveform) / options.hopLength);
  const filters = bandsOf(melFilters(options), melBins);
  const data = new Float32Array(waveform.channels.length * frames * melBins);
  let at = 0;
  for (const samples of waveform.channels) {
    const { bins, magnitudes } = magnitudeSpectrogram(samples, options);
    for (let frame = 0; frame < frames; frame++) {
      for (const { first, weights } of filters) {
        let sum = 0;
        const start = frame * bins + first;
        for (const [k, weight] of weights.entries()) sum += weight * magnitudes[start + k];
        data[at++] = Math.log(Math.max(sum, floor));
      }
    }
  }
  return { shape: [waveform.channels.length, frames, melBins], data };
}

/** The part of each filter that is not zero. */
function bandsOf(filters: Float32Array, melBins: number): { first: number; weights: Float32Array }[] {
  const bins = filters.length / melBins;
  return Array.from({ length: melBins }, (_, band) => {
    const row = filters.subarray(band * bins, (band + 1) * bins);
    const first = row.findIndex((weight) => weight > 0);
    const last = row.findLastIndex((weight) => weight > 0);
    return { first: Math.max(first, 0), weights: row.slice(Math.max(first, 0), last + 1) };
  });
}
