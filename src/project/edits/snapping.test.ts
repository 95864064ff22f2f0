import { expect, it } from 'vitest';
import { clipSchema } from '../sequence/clip';
import { emptySequence } from '../sequence/sequence';
import { edited, unedited } from '../undo';
import { insert, latentGridFrames, snap, snapPoints } from '.';

const rate = { numerator: 24, denominator: 1 };
const picture = (start: number, duration: number, change: object = {}) =>
  clipSchema.parse({ kind: 'picture', id: `p${start}`, media: 'm', start, duration, ...change });

it('snaps the nearest edge to the nearest point within the tolerance in pixels', () => {
  const edit = insert({ clips: [{ track: 0, clip: picture(0, 48) }], at: 100, onMeeting: 'refuse', newId: () => 'x' });
  const { sequence } = edited(unedited(emptySequence({ width: 64, height: 64, rate })), { key: 'insert' }, edit);
  const points = snapPoints({ sequence, playhead: 60 });
  expect(points.map(({ frame }) => frame)).toEqual([0, 60, 100, 148]);
  expect(snap([96, 120], points, 8, 2)).toEqual({ by: 4, point: { frame: 100, kind: 'clip' } });
  expect(snap([95, 120], points, 8, 2)).toBeUndefined();
  expect(snap([57, 103], points, 8, 2)?.point.frame).toBe(60);
  expect(snapPoints({ sequence, except: new Set(['p0']) })).toEqual([{ frame: 0, kind: 'start' }]);
});

it('prefers what a person placed to the latent grid at one distance', () => {
  const points = snapPoints({ sequence: emptySequence({ width: 64, height: 64, rate }), playhead: 12, latent: [8] });
  expect(snap([10], points, 8, 1)?.point).toEqual({ frame: 12, kind: 'playhead' });
});

it('puts a latent frame at the first picture and then at every stride', () => {
  expect(latentGridFrames(picture(10, 26), rate, 8, rate)).toEqual([10, 11, 19, 27, 35]);
  // Cut at its sixth picture: the grid stays with the pictures.
  expect(latentGridFrames(picture(0, 20, { sourceStart: { numerator: 5, denominator: 24 } }), rate, 8, rate)).toEqual([4, 12]);
  // At double speed it is twice as dense, and a picture that is skipped counts where the next one is shown.
  expect(latentGridFrames(picture(0, 10, { speed: { numerator: 2, denominator: 1 } }), rate, 8, rate)).toEqual([0, 4, 8]);
  expect(latentGridFrames(picture(0, 10, { speed: { numerator: -1, denominator: 1 } }), rate, 8, rate)).toEqual([]);
});
