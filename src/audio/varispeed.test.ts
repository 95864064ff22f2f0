import { describe, expect, it } from 'vitest';
import { readAtSpeed } from './varispeed';

const rate = 48_000;
const tone = (frequency: number, seconds = 0.2) => ({
  first: 0,
  channels: [Float32Array.from({ length: seconds * rate }, (_, at) => Math.sin((2 * Math.PI * frequency * at) / rate))],
});
const inner = (samples: Float32Array): Float32Array => samples.subarray(400, samples.length - 400);
const largest = (samples: Float32Array): number => inner(samples).reduce((most, value) => Math.max(most, Math.abs(value)), 0);

describe('a sound at another speed', () => {
  it.each([0.37, 0.5, 1.0001, 1.5, 2.3])('at %f times is the tone of that frequency, to 60 dB', (speed) => {
    const count = 2000;
    const [found] = readAtSpeed(tone(1000), { start: 100.25, step: speed }, 0, count);
    const error = found.map((value, at) => value - Math.sin((2 * Math.PI * 1000 * (100.25 + at * speed)) / rate));
    expect(largest(error)).toBeLessThan(1e-3);
  });

  it('does not let alias what is too high', () => {
    // 20 kHz read at three times the speed would be 60 kHz.
    expect(largest(readAtSpeed(tone(20_000), { start: 0, step: 3 }, 0, 3000)[0])).toBeLessThan(1e-4);
  });

  it('is the very samples at its own speed, backwards too, and silence beyond', () => {
    const sound = { first: 0, channels: [Float32Array.of(1, 2, 3), Float32Array.of(4, 5, 6)] };
    expect(readAtSpeed(sound, { start: -1, step: 1 }, 0, 5).map((samples) => [...samples])).toEqual([
      [0, 1, 2, 3, 0],
      [0, 4, 5, 6, 0],
    ]);
    expect([...readAtSpeed(sound, { start: 2, step: -1 }, 0, 4)[0]]).toEqual([3, 2, 1, 0]);
    expect(Math.abs(readAtSpeed(tone(1000), { start: -500, step: 1.5 }, 0, 10)[0][0])).toBe(0);
  });
});
