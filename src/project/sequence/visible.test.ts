import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rational, type Rational } from '../rational';
import { clipSchema, type Clip } from './clip';
import { emptySequence, type Sequence } from './sequence';
import { isPlain, layersAt, mediaFrameAt, soundsIn } from './visible';

const rates = [
  [16, 1],
  [24, 1],
  [25, 1],
  [30_000, 1001],
  [60, 1],
] as const;

function sequenceOf(rate: readonly [number, number], ...clips: readonly object[]): Sequence {
  const sequence = emptySequence({ width: 640, height: 360, rate: { numerator: rate[0], denominator: rate[1] } });
  const parsed: Clip[] = clips.map((clip) =>
    clipSchema.parse({ id: 'clip', kind: 'picture', media: 'm', start: 0, duration: 24, ...clip }),
  );
  const [pictures, sounds] = sequence.tracks;
  return {
    ...sequence,
    tracks: [
      { ...pictures, kind: 'video', clips: parsed.flatMap((clip) => (clip.kind === 'sound' ? [] : [clip])) },
      { ...sounds, kind: 'audio', clips: parsed.flatMap((clip) => (clip.kind === 'sound' ? [clip] : [])) },
    ],
  };
}

function mediaFrames(sequence: Sequence, rate: readonly [number, number], frames: number): number[] {
  return Array.from({ length: sequence.tracks[0].clips[0].duration }, (_, frame) => {
    const [{ source }] = layersAt(sequence, frame);
    if (source.kind !== 'media') throw new Error('no media');
    return mediaFrameAt({ rate: { numerator: rate[0], denominator: rate[1] }, frames }, source.time);
  });
}

const range = (length: number, map: (at: number) => number): number[] => Array.from({ length }, (_, at) => map(at));

describe('the frame of the media at a frame of the sequence', () => {
  it.each(rates)('is the same one, at the rate of %i/%i', (...rate) => {
    const sequence = sequenceOf(rate, { duration: 1000, sourceStart: rational(7 * rate[1], rate[0]) });
    expect(mediaFrames(sequence, rate, 2000)).toEqual(range(1000, (k) => k + 7));
  });

  it.each(rates)('is the same in reverse, played backwards, at the rate of %i/%i', (...rate) => {
    const speed: Rational = { numerator: -1, denominator: 1 };
    const sequence = sequenceOf(rate, { duration: 100, speed, sourceStart: rational(100 * rate[1], rate[0]) });
    expect(mediaFrames(sequence, rate, 100)).toEqual(range(100, (k) => 99 - k));
  });

  it('repeats and leaves out evenly where rates and speeds differ', () => {
    expect(mediaFrames(sequenceOf([24, 1], { duration: 8, speed: rational(1, 2) }), [24, 1], 99)).toEqual([0, 0, 1, 1, 2, 2, 3, 3]);
    expect(mediaFrames(sequenceOf([24, 1], { duration: 4, speed: rational(2) }), [24, 1], 99)).toEqual([1, 3, 5, 7]);
    expect(mediaFrames(sequenceOf([24, 1], { duration: 4, speed: rational(-2), sourceStart: rational(8, 24) }), [24, 1], 99)).toEqual([
      7, 5, 3, 1,
    ]);
    expect(mediaFrames(sequenceOf([25, 1], { duration: 6 }), [50, 1], 99)).toEqual([1, 3, 5, 7, 9, 11]);
    // 3:2 pulldown: four frames of film in five of video.
    expect(mediaFrames(sequenceOf([30_000, 1001], { duration: 10 }), [24_000, 1001], 99)).toEqual([0, 1, 2, 2, 3, 4, 5, 6, 6, 7]);
  });

  it('is, where a file ends, its last, and before it begins, its first', () => {
    expect(mediaFrames(sequenceOf([24, 1], { duration: 5, sourceStart: rational(-1, 24) }), [24, 1], 3)).toEqual([0, 0, 1, 2, 2]);
  });

  it('is that in whose time the middle of the frame lies, for any rates, cuts and speeds', () => {
    const rate = fc.constantFrom(...rates);
    const terms = fc.tuple(fc.integer({ min: 0, max: 100_000 }), fc.integer({ min: 1, max: 1000 }));
    const speeds = fc.tuple(fc.integer({ min: 1, max: 99 }), fc.integer({ min: 1, max: 99 }));
    fc.assert(
      fc.property(rate, rate, terms, speeds, fc.integer({ min: 0, max: 23 }), (ours, theirs, start, speed, k) => {
        const sequence = sequenceOf(ours, { sourceStart: rational(...start), speed: rational(...speed) });
        const found = BigInt(mediaFrames(sequence, theirs, 1e9)[k]);
        // found <= t x rate < found + 1, in whole numbers.
        const [sn, sd, vn, vd] = [...start, ...speed].map(BigInt);
        const bottom = 2n * BigInt(ours[0]) * sd * vd * BigInt(theirs[1]);
        const top = (sn * vd * 2n * BigInt(ours[0]) + vn * sd * BigInt(2 * k + 1) * BigInt(ours[1])) * BigInt(theirs[0]);
        expect(found * bottom <= top && top < (found + 1n) * bottom).toBe(true);
      }),
    );
  });
});

describe('layers', () => {
  const fading = { duration: 10, fadeIn: 4, fadeOut: 2, opacity: 0.5 };

  it('fade by the middle of each frame', () => {
    const sequence = sequenceOf([24, 1], fading);
    const shares = range(10, (frame) => layersAt(sequence, frame)[0].opacity);
    expect(shares).toEqual([0.0625, 0.1875, 0.3125, 0.4375, 0.5, 0.5, 0.5, 0.5, 0.375, 0.125]);
  });

  it('are those that are seen', () => {
    const sequence = sequenceOf(
      [24, 1],
      { id: 'a', duration: 5 },
      { id: 'b', start: 8, duration: 4 },
      { id: 'c', start: 12, enabled: false },
    );
    const at = (frame: number, of: Sequence = sequence): string[] => layersAt(of, frame).map(({ clip }) => clip.id);
    expect([0, 4, 5, 7, 8, 11, 12].map((frame) => at(frame))).toEqual([['a'], ['a'], [], [], ['b'], ['b'], []]);
    const [first, second] = sequence.tracks;
    expect(at(0, { ...sequence, tracks: [{ ...first, muted: true }, second] })).toEqual([]);
    expect(at(0, sequenceOf([24, 1], { opacity: 0 }))).toEqual([]);
  });

  it('carry every number of their effects, within its range', () => {
    const overshooting = {
      keyframes: [
        { frame: 0, value: 0, easing: [0.3, 9, 0.7, 9] },
        { frame: 10, value: 1 },
      ],
    };
    const sequence = sequenceOf([24, 1], {
      effects: [
        { id: 'e', type: 'blur' },
        { id: 'f', type: 'brightness', parameters: { amount: overshooting } },
        { id: 'g', type: 'contrast' },
        { id: 'h', type: 'blur', enabled: false },
      ],
    });
    const [{ effects }] = layersAt(sequence, 5);
    expect(effects.map(({ id, values }) => [id, values])).toEqual([
      ['e', { radius: 8 }],
      ['f', { amount: 1 }],
    ]);
  });

  it('refuse an effect that is not known, with the nearest that is', () => {
    const unknown = (effect: object): Sequence => sequenceOf([24, 1], { effects: [{ id: 'e', ...effect }] });
    expect(() => layersAt(unknown({ type: 'brigthness' }), 0)).toThrow(/Did you mean brightness\?/);
    expect(() => layersAt(unknown({ type: 'blur', parameters: { radios: 3 } }), 0)).toThrow(/Did you mean radius\?/);
    expect(() => layersAt(unknown({ type: 'chroma-key', colors: { kay: '#00ff00' } }), 0)).toThrow(/Did you mean key\?/);
  });

  it('are plain where one picture of the right size is shown as it is', () => {
    const size = { width: 640, height: 360 };
    const plain = (...clips: object[]): boolean => isPlain(layersAt(sequenceOf([24, 1], ...clips), 0), size, size);
    expect(plain({})).toBe(true);
    expect(plain({ effects: [{ id: 'e', type: 'contrast' }] })).toBe(true);
    expect(plain({ effects: [{ id: 'e', type: 'blur' }] })).toBe(false);
    expect(plain({ opacity: 0.5 })).toBe(false);
    expect(plain({ fadeIn: 3 })).toBe(false);
    expect(plain({ blend: 'screen' })).toBe(false);
    expect(plain({ transform: { scale: 1.1 } })).toBe(false);
    expect(plain({ transform: { flipVertical: true } })).toBe(false);
    expect(isPlain(layersAt(sequenceOf([24, 1], {}), 0), { width: 320, height: 180 }, size)).toBe(false);
  });
});

describe('sounds', () => {
  it('are cut to the range, with the time of the media at their beginning', () => {
    const sound = { kind: 'sound', start: 10, duration: 20, sourceStart: rational(1, 2), speed: rational(3, 2) };
    const sequence = sequenceOf([25, 1], sound);
    expect(soundsIn(sequence, { start: 0, end: 10 })).toEqual([]);
    expect(soundsIn(sequence, { start: 30, end: 90 })).toEqual([]);
    const [{ start, end, time }] = soundsIn(sequence, { start: 20, end: 25 });
    // Half a second and 10 frames at one and a half times the speed.
    expect([start, end, time]).toEqual([20, 25, rational(11, 10)]);
    expect(soundsIn(sequence, { start: 0, end: 99 })[0].time).toEqual(rational(1, 2));
  });
});
