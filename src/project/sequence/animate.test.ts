import { describe, expect, it } from 'vitest';
import { animatedSchema, type Animated } from './animated';
import { easedKeyframe, keyframeAt, neighboursAt, withEasing, withKeyframe, withoutKeyframe, withValue } from './animate';
import { valueAt } from './evaluate';

const moving: Animated = animatedSchema.parse({
  keyframes: [
    { frame: 0, value: 0 },
    { frame: 10, value: 100, easing: 'ease-in' },
    { frame: 20, value: 0 },
  ],
});

describe('a number with keyframes', () => {
  it('is a plain number until it gets one, and again when the last one goes', () => {
    expect(withValue(3, 7, 5)).toBe(5);
    const one = withKeyframe(3, 7);
    expect(one).toEqual({ keyframes: [{ frame: 7, value: 3, easing: 'linear' }] });
    expect(withoutKeyframe(one, 6)).toBe(one);
    expect(withoutKeyframe(one, 7)).toBe(3);
  });

  it('takes a value at a keyframe, and makes one between others', () => {
    expect(keyframeAt(withValue(moving, 10, 50), 10)).toEqual({ frame: 10, value: 50, easing: 'ease-in' });
    const parted = withKeyframe(moving, 15);
    expect(animatedSchema.parse(parted)).toEqual(parted);
    expect(keyframeAt(parted, 15)).toEqual({ frame: 15, value: valueAt(moving, 15), easing: 'ease-in' });
    expect(withKeyframe(moving, 30)).toEqual({
      keyframes: [...(typeof moving === 'number' ? [] : moving.keyframes), { frame: 30, value: 0, easing: 'linear' }],
    });
  });

  it('says what lies before and after, and which easing is under way', () => {
    const { before, after } = neighboursAt(moving, 10);
    expect([before?.frame, after?.frame]).toEqual([0, 20]);
    expect([-1, 0, 9, 10, 19, 20, 25].map((frame) => easedKeyframe(moving, frame)?.frame)).toEqual([
      undefined,
      0,
      0,
      10,
      10,
      undefined,
      undefined,
    ]);
    expect(keyframeAt(withEasing(moving, 0, [0.1, 0, 0.9, 1]), 0)?.easing).toEqual([0.1, 0, 0.9, 1]);
    expect(withEasing(2, 0, 'hold')).toBe(2);
  });
});
