import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Plane } from '../../metrics';
import { randomNormal } from '../../numeric/random';
import { captionDiversity, symmetricEigenvalues, vendiScore } from './diversity';
import { SIGNATURE_FRAMES, type ClipSignature } from './clip-signature';
import { findDuplicates } from './duplicates';
import { colorfulness, noiseDeviation } from './picture-figures';
import { THUMBNAIL_SIDE, cellMeans } from './thumbnail';

/** Luma at a place (0 to 1 each) and moment. */
type Scene = (x: number, y: number, frame: number) => number;

/** Waves of random direction that wander. */
function wavyScene(seed: number): Scene {
  const random = randomNormal(seed, 0, 30);
  return (x, y, frame) => {
    let sum = 128;
    for (let k = 0; k < 6; k++) {
      const [fx, fy, phase, speed, size] = random.subarray(5 * k, 5 * k + 5);
      sum += 20 * size * Math.sin(5 * fx * x + 5 * fy * y + 3 * phase + 0.5 * speed * frame);
    }
    return sum;
  };
}

/** A disc on a scene. */
const withDisc =
  (ground: Scene, at: (frame: number) => readonly [number, number]): Scene =>
  (x, y, frame) => {
    const [cx, cy] = at(frame);
    return Math.hypot(x - cx, y - cy) < 0.09 ? 250 : ground(x, y, frame);
  };

const whole = { left: 0, top: 0, width: 1, height: 1 };

function filmed(scene: Scene, box = whole, mirrored = false, noise: (at: number) => number = () => 0): ClipSignature {
  const grey = new Float32Array(THUMBNAIL_SIDE ** 2).fill(128);
  return Array.from({ length: SIGNATURE_FRAMES }, (_, frame) => ({
    luma: Float32Array.from({ length: THUMBNAIL_SIDE ** 2 }, (__, at) => {
      const across = ((at % THUMBNAIL_SIDE) + 0.5) / THUMBNAIL_SIDE;
      const x = box.left + box.width * (mirrored ? 1 - across : across);
      const y = box.top + (box.height * (Math.floor(at / THUMBNAIL_SIDE) + 0.5)) / THUMBNAIL_SIDE;
      return scene(x, y, frame) + noise(frame * THUMBNAIL_SIDE ** 2 + at);
    }),
    cb: grey,
    cr: grey,
  }));
}

describe('clips that show the same', () => {
  it('are found when cropped, mirrored, darker and noisy, with the part that is shown', () => {
    const part = fc.record({ size: fc.double({ min: 0.7, max: 0.95, noNaN: true }), place: fc.double({ min: 0, max: 1, noNaN: true }) });
    fc.assert(
      fc.property(fc.nat(1e6), part, part, fc.boolean(), (seed, horizontal, vertical, mirrored) => {
        const scene = wavyScene(seed);
        const box = {
          left: horizontal.place * (1 - horizontal.size),
          top: vertical.place * (1 - vertical.size),
          width: horizontal.size,
          height: vertical.size,
        };
        const noise = randomNormal(seed, 1, SIGNATURE_FRAMES * THUMBNAIL_SIDE ** 2);
        const copy = filmed(
          (...at) => 0.85 * scene(...at) - 9,
          box,
          mirrored,
          (at) => 2 * noise[at],
        );
        const { pairs } = findDuplicates([filmed(scene), copy]);
        const found = pairs.find(({ whole: original }) => original === 0);
        expect(found?.mirrored).toBe(mirrored);
        for (const side of ['left', 'top', 'width', 'height'] as const)
          expect(Math.abs((found?.box[side] ?? 0) - box[side])).toBeLessThan(0.03);
      }),
      { numRuns: 4, seed: 5, endOnFailure: true },
    );
  });

  it('are not those with the same background and another object or motion', () => {
    for (const seed of [1, 2]) {
      const ground = wavyScene(seed);
      const clips = [
        filmed(withDisc(ground, (frame) => [0.15 + 0.1 * frame, 0.5])),
        filmed(withDisc(ground, (frame) => [0.85 - 0.1 * frame, 0.5])),
        filmed(withDisc(ground, (frame) => [0.5, 0.15 + 0.1 * frame])),
        filmed(wavyScene(seed + 100)),
      ];
      expect(findDuplicates(clips)).toEqual({ pairs: [], groups: [] });
    }
  });

  it('are told together when they are connected by others', () => {
    // The middle of the first shows too little of the last to be its crop, and each of them is one of what lies between.
    const scene = wavyScene(3);
    const part = (size: number) => filmed(scene, { left: 0.5 - size / 2, top: 0.5 - size / 2, width: size, height: size });
    const { pairs, groups } = findDuplicates([part(0.45), filmed(wavyScene(4)), part(0.67), part(1), filmed(wavyScene(5))]);
    expect(groups).toEqual([[0, 2, 3]]);
    expect(pairs.map(({ whole: original, crop }) => [original, crop]).toSorted()).toEqual([
      [2, 0],
      [3, 2],
    ]);
  });

  it('have the same thumbnails at other sizes: samples count by the part of them that lies in a cell', () => {
    const side = (size: number) => ({
      ...{ width: size, height: size, zero: 0, full: 255 },
      samples: Float32Array.from({ length: size * size }, (_, at) => {
        // Means of pixels of a picture that is linear along both sides.
        const [x, y] = [((at % size) + 0.5) / size, (Math.floor(at / size) + 0.5) / size];
        return 100 * x + 50 * y;
      }),
    });
    const reference = cellMeans(side(THUMBNAIL_SIDE));
    for (const size of [64, 100, 150, 240, 511]) {
      const worst = cellMeans(side(size)).reduce((most, mean, at) => Math.max(most, Math.abs(mean - reference[at])), 0);
      expect(worst).toBeLessThan(0.4);
    }
  });
});

describe('variety', () => {
  it('is 1 for copies, and the number of clips for those with nothing in common', () => {
    const scene = filmed(wavyScene(1));
    expect(vendiScore([scene, scene, scene])).toBeCloseTo(1, 6);
    // One wave each, of different whole numbers of turns: all products are 0 at 6 x 6 parts too.
    const waves = [1, 2].flatMap((turns) => [
      filmed((x) => 128 + 50 * Math.cos(2 * Math.PI * turns * x)),
      filmed((_, y) => 128 + 50 * Math.cos(2 * Math.PI * turns * y)),
    ]);
    expect(vendiScore(waves)).toBeCloseTo(4, 3);
    expect(vendiScore([])).toBe(0);
  });

  it('has eigenvalues with the trace and the squares of the matrix', () => {
    const size = 9;
    const random = randomNormal(3, 0, size * size);
    const matrix = Float64Array.from({ length: size * size }, (_, at) => {
      const [i, j] = [Math.floor(at / size), at % size];
      return random[i * size + j] + random[j * size + i];
    });
    const [trace, squares] = [matrix.reduce((sum, value, at) => (at % (size + 1) === 0 ? sum + value : sum), 0), norm(matrix)];
    const values = symmetricEigenvalues(matrix, size);
    expect(values.reduce((sum, value) => sum + value, 0)).toBeCloseTo(trace, 10);
    expect(norm(values)).toBeCloseTo(squares, 10);
    const [least, most] = symmetricEigenvalues(Float64Array.of(2, 1, 1, 2), 2).sort();
    expect(least).toBeCloseTo(1, 12);
    expect(most).toBeCloseTo(3, 12);
  });

  it('of captions is the share of words and of pairs that differ', () => {
    expect(captionDiversity(['A red ball.', 'a blue ball'])).toEqual({ distinctWords: 4 / 6, distinctPairs: 1 });
  });
});

describe('figures of a picture', () => {
  const plane = (samples: Float64Array): Plane => ({ width: 64, height: 64, samples, peak: 255 });

  it('tell the deviation of noise', () => {
    const noise = randomNormal(11, 0, 64 * 64);
    const ramp = Float64Array.from(noise, (value, at) => 2 * (at % 64) + Math.floor(at / 64) + 5 * value);
    expect(Math.abs(noiseDeviation(plane(ramp)) - 5)).toBeLessThan(0.25);
  });

  it('tell colourfulness: half pure red, half pure green', () => {
    const chroma = (red: number, green: number) => Float32Array.from({ length: 64 * 64 }, (_, at) => 128 + (at % 2 === 0 ? red : green));
    const thumbnail = { cb: chroma(-0.168736 * 255, -0.331264 * 255), cr: chroma(0.5 * 255, -0.418688 * 255) };
    // rg is 255 or -255, its mean 0 and deviation 255; yb is 127.5 everywhere.
    expect(colorfulness(thumbnail)).toBeCloseTo(255 + 0.3 * 127.5, 2);
  });
});

function norm(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value * value, 0);
}
