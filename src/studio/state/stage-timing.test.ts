import { describe, expect, it } from 'vitest';
import { advanceTiming, beginTiming, endTiming, secondsLeft, stageViews } from './stage-timing';

describe('stage timing', () => {
  const denoising = (['load', 'text', 'denoise'] as const).reduce(
    (timing, stage, k) => advanceTiming(timing, { kind: 'progress', stage, step: 0, steps: 4 }, 1000 * k),
    beginTiming(0),
  );

  it('measures what is done and estimates what is at work from its own steps', () => {
    const timing = advanceTiming(denoising, { kind: 'progress', stage: 'denoise', step: 1, steps: 4 }, 5000);
    const views = stageViews(timing, { decode: 7 }, 5000);
    expect(views.map(({ state }) => state)).toEqual(['done', 'done', 'active', 'waiting', 'waiting']);
    expect(views.map(({ seconds }) => seconds)).toEqual([1, 1, 9, 7, undefined]);
    expect(stageViews(timing, {}, 7000)[2].seconds).toBe(7);
  });

  it('does not count steps that were done before the run was resumed', () => {
    const resumed = advanceTiming(beginTiming(0), { kind: 'progress', stage: 'denoise', step: 2, steps: 4 }, 1000);
    const timing = advanceTiming(resumed, { kind: 'progress', stage: 'denoise', step: 3, steps: 4 }, 4000);
    expect(stageViews(timing, {}, 4000)[2].seconds).toBe(3);
  });

  it('counts the work of steps, not their number, where the pipeline says it', () => {
    // Heun evaluates the model twice in every step but the last: 7 evaluations in 4 steps.
    const begun = advanceTiming(denoising, { kind: 'progress', stage: 'denoise', step: 0, steps: 4, share: 0 }, 2000);
    const timing = advanceTiming(begun, { kind: 'progress', stage: 'denoise', step: 3, steps: 4, share: 6 / 7 }, 8000);
    expect(stageViews(timing, {}, 8000)[2].seconds).toBeCloseTo(1, 10);
  });

  it('takes the time left from the pipeline, else from the run before, else says nothing', () => {
    expect(secondsLeft({ ...denoising, etaSeconds: 12 }, {}, 5000)).toBe(9);
    expect(secondsLeft(denoising, { denoise: 10, decode: 4, write: 1 }, 4000)).toBe(13);
    expect(secondsLeft(denoising, {}, 4000)).toBeUndefined();
  });

  it('adds up to the whole run', () => {
    expect(endTiming(denoising, 6000)).toEqual({ load: 1, text: 1, denoise: 4 });
  });
});
