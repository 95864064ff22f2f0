/** Sound on the CPU: pure functions on samples (docs/architecture.md). */
export { frequencyOfMel, logMelSpectrogram, melFilters, melOfFrequency, type LogMelOptions, type LogMelSpectrogram } from './mel';
export { hannWindow, magnitudeSpectrogram, type MagnitudeSpectrogram, type SpectrogramOptions } from './spectrogram';
export { monoSamples, sampleCount, type Waveform } from './waveform';
