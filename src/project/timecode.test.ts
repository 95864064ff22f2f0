import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatTimecode, parseTimecode } from './timecode';

const ntsc = { numerator: 30_000, denominator: 1001 };
const rates = [
  { numerator: 24, denominator: 1 },
  { numerator: 25, denominator: 1 },
  { numerator: 24_000, denominator: 1001 },
  ntsc,
  { numerator: 60_000, denominator: 1001 },
];

it('drops numbers as SMPTE ST 12-1 does', () => {
  // Well-known frames: a minute begins at ;02, a tenth minute at ;00, an hour has 107892 frames.
  expect(formatTimecode(1799, ntsc)).toBe('00:00:59;29');
  expect(formatTimecode(1800, ntsc)).toBe('00:01:00;02');
  expect(formatTimecode(17_981, ntsc)).toBe('00:09:59;29');
  expect(formatTimecode(17_982, ntsc)).toBe('00:10:00;00');
  expect(formatTimecode(107_892, ntsc)).toBe('01:00:00;00');
  expect(formatTimecode(215_784, { numerator: 60_000, denominator: 1001 })).toBe('01:00:00;00');
  expect(formatTimecode(86_400, rates[2])).toBe('01:00:00:00');
});

it('reads what it writes, and a later frame is a later timecode', () => {
  fc.assert(
    fc.property(fc.nat(10_000_000), fc.constantFrom(...rates), (frame, rate) => {
      expect(parseTimecode(formatTimecode(frame, rate), rate)).toBe(frame);
      expect(formatTimecode(frame + 1, rate) > formatTimecode(frame, rate)).toBe(true);
    }),
    { numRuns: 300 },
  );
});

it('reads short forms, and refuses what is none', () => {
  expect(parseTimecode('100', rates[0])).toBe(100);
  expect(parseTimecode('2:12', rates[0])).toBe(60);
  expect(parseTimecode('00.01.00.00', rates[1])).toBe(1500);
  for (const wrong of ['', 'a', '1:2:3:4:5', '00:00:00:24', '1:-2', '00:61:00:00']) {
    expect(() => parseTimecode(wrong, rates[0])).toThrow(/position in time/);
  }
  expect(() => parseTimecode('00:01:00;00', ntsc)).toThrow(/dropped/);
});
