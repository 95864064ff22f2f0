import { expect, it } from 'vitest';
import { clampZoom, fittingZoom, rulerTicks, visibleClips } from './timeline-scale';

const rate = { numerator: 24, denominator: 1 };

it('labels frames, seconds or minutes, whichever have room', () => {
  const labels = (zoom: number, to: number): number[] =>
    rulerTicks(rate, zoom, 0, to).flatMap(({ frame, major }) => (major ? [frame] : []));
  expect(labels(20, 40)).toEqual([0, 12, 24, 36]);
  expect(labels(4, 100)).toEqual([0, 24, 48, 72, 96]);
  expect(labels(0.1, 3000)).toEqual([0, 1440, 2880]);
  expect(rulerTicks(rate, 4, 50, 60).length).toBeLessThan(40);
});

it('fits frames to a width within what can be zoomed', () => {
  expect(fittingZoom(100, 1000)).toBeCloseTo(9.4);
  expect(fittingZoom(0, 1000)).toBe(clampZoom(1e9));
});

it('finds what reaches into a stretch', () => {
  const clips = Array.from({ length: 1000 }, (_, at) => ({ start: at * 10, duration: at % 2 === 0 ? 10 : 4 }));
  expect(visibleClips(clips, 15, 31).map(({ start }) => start)).toEqual([20, 30]);
  expect(visibleClips(clips, 9_999, 20_000)).toEqual([]);
});
