import { expect, test } from 'vitest';
import type { Waveform } from '../audio';
import { clipSound } from './clip-sound';

const [width, height, frameRate, sampleRate] = [64, 48, 24, 24_000];
const flashes = [7, 19, 26, 45, 58, 66, 83];

/** Dark frames with a white square at some of them. */
const frames = Array.from({ length: 96 }, (_, frame) => {
  const rgba = new Uint8Array(width * height * 4).fill(20);
  if (flashes.includes(frame)) for (let row = 8; row < 40; row++) rgba.fill(255, (row * width + 16) * 4, (row * width + 48) * 4);
  return rgba;
});

/** A click at each of these frames, some frames late. */
function clicks(late: number): Waveform {
  const samples = new Float32Array((96 / frameRate) * sampleRate);
  for (const flash of flashes) {
    const start = Math.round(((flash + late) / frameRate) * sampleRate);
    for (let k = 0; k < 1200; k++) samples[start + k] = 0.8 * Math.exp(-k / 200) * Math.sin(k / 3);
  }
  return { sampleRate, channels: [samples] };
}

test.each([0, 5, -3])('clicks that are %i frames late are found so, within a frame', (late) => {
  const { offsetFrames } = clipSound(clicks(late), frames, { width, height, frameRate }).sync;
  expect(Math.abs((offsetFrames ?? Infinity) - late)).toBeLessThan(1);
});

test('a still says nothing', () => {
  const still = frames.map(() => frames[0]);
  expect(clipSound(clicks(0), still, { width, height, frameRate }).sync.offset).toBeUndefined();
});
