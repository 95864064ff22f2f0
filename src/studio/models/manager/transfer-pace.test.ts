import { expect, it } from 'vitest';
import { paceOf, withSample, type PaceSample } from './transfer-pace';

const samplesOf = (...points: readonly (readonly [seconds: number, bytes: number])[]): readonly PaceSample[] =>
  points.reduce<readonly PaceSample[]>((samples, [seconds, bytes]) => withSample(samples, { at: seconds * 1000, bytes }), []);

it('knows no pace before anything has arrived', () => {
  expect(paceOf([], 100)).toBeUndefined();
  expect(paceOf(samplesOf([0, 40]), 100)).toBeUndefined();
  expect(paceOf(samplesOf([0, 40], [2, 40]), 100)).toBeUndefined();
});

it('counts what arrived since it began, not what was there before', () => {
  expect(paceOf(samplesOf([0, 40], [2, 60]), 100)).toEqual({ bytesPerSecond: 10, secondsLeft: 4 });
  expect(paceOf(samplesOf([0, 40], [2, 60]), undefined)).toEqual({ bytesPerSecond: 10, secondsLeft: undefined });
});

it('forgets what is long past, so that a network that became slower shows', () => {
  const slower = samplesOf([0, 0], [10, 1000], [35, 1025], [45, 1035]);
  expect(paceOf(slower, 1045)).toEqual({ bytesPerSecond: 1, secondsLeft: 10 });
  // After a long silence the last two are all there is.
  expect(paceOf(samplesOf([0, 0], [100, 50]), 100)).toEqual({ bytesPerSecond: 0.5, secondsLeft: 100 });
});
