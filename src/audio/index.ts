/** Sound on the CPU: pure functions on samples (docs/architecture.md). */
export { bandEnvelope, SPEECH_BAND } from './band-envelope';
export { signalToNoise } from './compare';
export {
  BROADCAST_LOUDNESS,
  WEB_LOUDNESS,
  amplify,
  integratedLoudness,
  limitTruePeak,
  measureLevels,
  normalizeLoudness,
  truePeak,
  type LoudnessTarget,
  type SoundLevels,
} from './loudness';
export { frequencyOfMel, logMelSpectrogram, melFilters, melOfFrequency, type LogMelOptions, type LogMelSpectrogram } from './mel';
export { onsetStrengths, type OnsetEnvelope } from './onsets';
export { crossfade, type SoundSeam } from './crossfade';
export { shiftWaveform } from './shift';
export { peakColumns, peaksOfSound, waveformPeaks, type PeakColumn, type WaveformPeaks } from './peaks';
export { resample, resampledSource } from './resample';
export { stretchesOf, waveformSource, wholeSound, type SoundSource } from './sound-source';
export { hannWindow, magnitudeSpectrogram, type MagnitudeSpectrogram, type SpectrogramOptions } from './spectrogram';
export { monoSamples, sampleCount, stereoAtMost, waveformPart, type Waveform } from './waveform';
export { readAtSpeed, samplesOnPath, type ReadingPath } from './varispeed';
