/** Sounds whose loudness, peaks and noise ffmpeg measured (fixtures/ffmpeg-levels.json); of 16 bits, so that a WAV holds them exactly. */
import type { Waveform } from '../waveform';

export interface LevelSignal {
  readonly sampleRate: number;
  readonly channels: number;
  readonly seconds: number;
}

export const levelSignals: readonly LevelSignal[] = [
  { sampleRate: 48000, channels: 2, seconds: 8 },
  { sampleRate: 44100, channels: 1, seconds: 5 },
  { sampleRate: 24000, channels: 2, seconds: 6 },
  { sampleRate: 16000, channels: 1, seconds: 3 },
];

/** Tones and noise that swell, with soft stretches for the gate. @param noise amplitude of what is added, for a sound against its reference */
export function levelSignal({ sampleRate, channels, seconds }: LevelSignal, noise = 0): Waveform {
  let state = sampleRate + channels;
  const random = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (2 * state) / 2 ** 32 - 1;
  };
  const valueAt = (time: number, channel: number, grain: number): number => {
    const loud = (0.05 + 0.4 * Math.abs(Math.sin(1.3 * time + channel))) * (time % 2 < 1.4 ? 1 : 0.02);
    return loud * (0.6 * Math.sin(2 * Math.PI * (220 + 300 * channel) * time) + 0.4 * grain);
  };
  return {
    sampleRate,
    channels: Array.from({ length: channels }, (_, channel) =>
      Float32Array.from({ length: sampleRate * seconds }, (_sample, at) => {
        const value = valueAt(at / sampleRate, channel, random()) + noise * random();
        return Math.round(value * 32767) / 32768;
      }),
    ),
  };
}

/** Amplitude of the noise of a sound that is held against the same without. */
export const levelNoise = 0.01;
