import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkFrameRate, frameRateOfEstimate, parseFrameRate, secondsOfFrame } from './frame-rate';

describe('parseFrameRate', () => {
  it.each([
    ['24', 24, 1],
    ['23.976', 24000, 1001],
    ['23.98', 24000, 1001],
    ['29.97', 30000, 1001],
    ['59.94', 60000, 1001],
    ['119.88', 120000, 1001],
    ['30000/1001', 30000, 1001],
    ['50/2', 25, 1],
    ['12.5', 25, 2],
    ['8', 8, 1],
  ])('%s', (text, numerator, denominator) => {
    expect(parseFrameRate(text)).toEqual({ numerator, denominator });
    expect(parseFrameRate(Number(text) || text)).toEqual({ numerator, denominator });
  });

  it.each(['', '0', '-24', '24/0', '0/1', 'NaN', 'Infinity', '1e3', '24fps', '1001', '24/1/1', '9999999/1'])('refuses "%s"', (text) => {
    expect(() => parseFrameRate(text)).toThrow(expect.objectContaining({ code: 'bad-input' }));
  });

  it('gives any text a rate in range or a typed error', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.double().map(String), fc.stringMatching(/^\d{0,8}[./]?\d{0,8}$/)), (text) => {
        try {
          checkFrameRate(parseFrameRate(text));
        } catch (error) {
          expect(error).toMatchObject({ code: 'bad-input' });
        }
      }),
    );
  });
});

it('finds the rate behind an estimate', () => {
  expect(frameRateOfEstimate(29.97002997)).toEqual({ numerator: 30000, denominator: 1001 });
  expect(frameRateOfEstimate(60.000001)).toEqual({ numerator: 60, denominator: 1 });
});

it('places frame 30000 of an NTSC clip at exactly 1001 seconds', () => {
  expect(secondsOfFrame(30000, { numerator: 30000, denominator: 1001 })).toBe(1001);
});
