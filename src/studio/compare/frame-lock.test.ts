import fc from 'fast-check';
import { expect, it } from 'vitest';
import { comparedVideo, lockedFrame, sameRate } from './frame-lock';

const whole = (numerator: number, denominator = 1) => ({ numerator, denominator });

it('locks frame to frame at one rate, however it is written, and to the time in its middle at another', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 120 }), fc.nat(5000), fc.integer({ min: 1, max: 9 }), (rate, frame, factor) => {
      const other = { rate: whole(rate * factor, factor), frames: 10_000 };
      expect([sameRate(whole(rate), other.rate), lockedFrame(frame, whole(rate), other)]).toEqual([true, frame]);
    }),
  );
  const slow = { rate: whole(24), frames: 100 };
  // The middles of frames at 60 a second lie at (2 k + 1) / 120 s: floor((2 k + 1) / 5) at 24.
  expect([0, 1, 2, 3, 4, 5].map((frame) => lockedFrame(frame, whole(60), slow))).toEqual([0, 0, 1, 1, 1, 2]);
  expect(lockedFrame(500, whole(24), slow)).toBe(99);
});

it('takes only what has frames in time', () => {
  const item = { id: 'a', name: 'a.png', fingerprint: `sha256:${'0'.repeat(64)}`, bytes: 9 };
  expect(comparedVideo({ ...item, kind: 'image', width: 8, height: 8 })).toBeUndefined();
  expect(comparedVideo({ ...item, kind: 'video', width: 8, height: 8, frames: 4, rate: whole(8) })).toMatchObject({ frames: 4 });
});
