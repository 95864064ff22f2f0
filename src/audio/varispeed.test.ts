import { describe, expect, it } from 'vitest';
import { readAtSpeed } from './varispeed';
import type { Waveform } from './waveform';

const rate = 48_000;
const tone = (frequency: number, seconds = 0.2): Waveform => ({
  sampleRate: rate,
  channels: [Float32Array.from({ length: seconds * rate }, (_, at) => Math.sin((2 * Math.PI * frequency * at) / rate))],
});
const inner = (samples: Float32Array): Float32Array => samples.subarray(400, samples.length - 400);
const largest = (samples: Float32Array): number => inner(samples).reduce((most, value) => Math.max(most, Math.abs(value)), 0);

describe('a sound at another speed', () => {
  it.each([0.37, 0.5, 1.0001, 1.5, 2.3])('at %f times is the tone of that frequency, to 60 dB', (speed) => {
    const count = 2000;
    const [found] = readAtSpeed(tone(1000), 100.25, speed, count);
    const error = found.map((value, at) => value - Math.sin((2 * Math.PI * 1000 * (100.25 + at * speed)) / rate));
    expect(largest(error)).toBeLessThan(1e-3);
  });

  it('does not let alias what is too high', () => {
    // 20 kHz read at three times the speed would be 60 kHz.
    expect(largest(readAtSpeed(tone(20_000), 0, 3, 3000)[0])).toBeLessThan(1e-4);
  });

  it('is the very samples at its own speed, backwards too, and silence beyond', () => {
    const sound: Waveform = { sampleRate: rate, channels: [Float32Array.of(1, 2, 3), Float32Array.of(4, 5, 6)] };
    expect(readAtSpeed(sound, -1, 1, 5).map((samples) => [...samples])).toEqual([
      [0, 1, 2, 3, 0],
      [0, 4, 5, 6, 0],
    ]);
    expect([...readAtSpeed(sound, 2, -1, 4)[0]]).toEqual([3, 2, 1, 0]);
    expect(Math.abs(readAtSpeed(tone(1000), -500, 1.5, 10)[0][0])).toBe(0);
  });
});
