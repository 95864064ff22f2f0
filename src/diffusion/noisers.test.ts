import { describe, expect, test } from 'vitest';
import { AiprodError } from '../errors';
import { noiseTokens, startFromVideo } from './noisers';
import { createScheduler } from './schedulers';

const clean = Float32Array.of(2, 4, 6, 8);
const noise = Float32Array.of(-2, 0, 2, 4);

describe('noise masked per token', () => {
  test('leaves given tokens as they are, in proportion to their strength', () => {
    expect([...noiseTokens(clean, noise, 1, Float32Array.of(0, 1))]).toEqual([-2, 0, 6, 8]);
    expect([...noiseTokens(clean, noise, 0.5, Float32Array.of(0, 0.5))]).toEqual([0, 2, 5, 7]);
    expect([...noiseTokens(clean, noise, 0, Float32Array.of(0, 0))]).toEqual([...clean]);
  });

  test('needs strengths that fit the tokens', () => {
    expect(() => noiseTokens(clean, noise, 1, new Float32Array(3))).toThrow(/3 strengths/);
    expect(() => noiseTokens(clean, new Float32Array(3), 1, new Float32Array(2))).toThrow(AiprodError);
  });
});

describe('a start from a video', () => {
  const schedule = createScheduler('FlowMatchEulerDiscreteScheduler', {}).schedule({ sigmas: [1, 0.75, 0.5, 0.25] });

  test.each([
    [1, 4, 1],
    [0.75, 3, 0.75],
    [0.5, 2, 0.5],
    [0, 0, 0],
  ])('of strength %d does the last %d steps from noise level %d', (strength, steps, sigma) => {
    const start = startFromVideo(schedule, strength, clean, noise);
    expect(start.schedule.timesteps).toHaveLength(steps);
    expect(start.schedule.sigmas[0]).toBe(sigma);
    expect([...start.latents]).toEqual([...clean].map((value, k) => (1 - sigma) * value + sigma * noise[k]));
  });

  test('needs a strength from 0 to 1', () => {
    expect(() => startFromVideo(schedule, 1.5, clean, noise)).toThrow(/0 to 1/);
  });
});
