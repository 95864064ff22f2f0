import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AiprodError } from '../../errors';
import { blendInto, cropVideo, joinVideos, type Video, type VideoShape } from './video';
import { decodeWithTiling, defaultTiling, encodeWithTiling, type Tiling } from './vae-tiling';

const ratios = { spatial: 4, temporal: 2 };
const tiling: Tiling = {
  spatial: true,
  framewise: true,
  tileHeight: 12,
  tileWidth: 12,
  tileFrames: 6,
  strideHeight: 8,
  strideWidth: 8,
  strideFrames: 4,
};

function filled(shape: VideoShape, value: (f: number, y: number, x: number) => number): Video {
  const [batch, channels, frames, rows, columns] = shape;
  const data: number[] = [];
  for (let plane = 0; plane < batch * channels; plane++) {
    for (let f = 0; f < frames; f++) for (let y = 0; y < rows; y++) for (let x = 0; x < columns; x++) data.push(plane + value(f, y, x));
  }
  return { shape, data: Float32Array.from(data) };
}

/** A decoder without context: every latent becomes a block of pixels of its value, the first one a single frame. */
function repeatLatents({ shape, data }: Video): Promise<Video> {
  const [batch, channels, frames, rows, columns] = shape;
  const out: VideoShape = [batch, channels, (frames - 1) * ratios.temporal + 1, rows * ratios.spatial, columns * ratios.spatial];
  const pixels = new Float32Array(out.reduce((product, size) => product * size, 1));
  let at = 0;
  for (let plane = 0; plane < batch * channels; plane++) {
    for (let f = 0; f < out[2]; f++) {
      for (let y = 0; y < out[3]; y++) {
        for (let x = 0; x < out[4]; x++, at++) {
          const latentFrame = Math.ceil(f / ratios.temporal);
          pixels[at] = data[((plane * frames + latentFrame) * rows + Math.floor(y / 4)) * columns + Math.floor(x / 4)];
        }
      }
    }
  }
  return Promise.resolve({ shape: out, data: pixels });
}

/** An encoder without context: the corner pixel of each block, the last frame of each group. */
function pickCorners({ shape, data }: Video): Promise<Video> {
  const [batch, channels, frames, rows, columns] = shape;
  const out: VideoShape = [batch, channels, (frames - 1) / ratios.temporal + 1, rows / ratios.spatial, columns / ratios.spatial];
  const latents: number[] = [];
  for (let plane = 0; plane < batch * channels; plane++) {
    for (let f = 0; f < out[2]; f++) {
      for (let y = 0; y < out[3]; y++) {
        for (let x = 0; x < out[4]; x++) latents.push(data[((plane * frames + f * ratios.temporal) * rows + y * 4) * columns + x * 4]);
      }
    }
  }
  return Promise.resolve({ shape: out, data: Float32Array.from(latents) });
}

function largestDifference(a: Video, b: Video): number {
  return a.data.reduce((largest, value, i) => Math.max(largest, Math.abs(value - b.data[i])), 0);
}

describe('tiling', () => {
  test('what needs no context decodes and encodes to the same numbers with tiles and without, for any size', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 7 })),
        async ([f, h, w]) => {
          // Constant over time: the reference places a later tile one frame late, which its crossfade hides in real videos.
          const still = filled([1, 2, f, h, w], (_, y, x) => Math.sin(y * 3 + x));
          const whole = await repeatLatents(still);
          const tiled = await decodeWithTiling(still, ratios, tiling, repeatLatents);
          expect(tiled.shape).toEqual(whole.shape);
          expect(largestDifference(tiled, whole)).toBeLessThan(1e-5);

          const moving = filled([1, 2, f, h, w], (frame, y, x) => Math.sin(frame * 7 + y * 3 + x));
          const encoded = await encodeWithTiling(await repeatLatents(moving), ratios, tiling, pickCorners);
          expect(encoded.shape).toEqual(moving.shape);
          expect(largestDifference(encoded, moving)).toBeLessThan(1e-5);
        },
      ),
      { numRuns: 40 },
    );
  });

  test('small latents and tiling switched off are one call', async () => {
    let calls = 0;
    const counted = (tile: Video): Promise<Video> => {
      calls++;
      return repeatLatents(tile);
    };
    await decodeWithTiling(
      filled([1, 1, 3, 3, 3], () => 0),
      ratios,
      tiling,
      counted,
    );
    await decodeWithTiling(
      filled([1, 1, 20, 9, 9], () => 0),
      ratios,
      { ...tiling, spatial: false, framewise: false },
      counted,
    );
    expect(calls).toBe(2);
  });

  test('strides below a latent pixel are refused', async () => {
    const tooSmall = { ...defaultTiling, spatial: true, strideWidth: 3 };
    await expect(
      decodeWithTiling(
        filled([1, 1, 1, 2, 2], () => 0),
        ratios,
        tooSmall,
        repeatLatents,
      ),
    ).rejects.toThrow(AiprodError);
  });
});

describe('videos', () => {
  test('cropping and joining are inverse along each axis', () => {
    const video = filled([2, 2, 4, 5, 6], (f, y, x) => f * 100 + y * 10 + x);
    const parts = {
      2: [{ frames: [0, 1] }, { frames: [1, 9] }],
      3: [{ rows: [0, 2] }, { rows: [2, 5] }],
      4: [{ columns: [0, 3] }, { columns: [3, 6] }],
    } as const;
    for (const axis of [2, 3, 4] as const) {
      const joined = joinVideos(
        parts[axis].map((range) => cropVideo(video, range)),
        axis,
      );
      expect(joined).toEqual(video);
    }
  });

  test('blending starts at the neighbour and rises linearly', () => {
    const before = filled([1, 1, 1, 1, 4], () => 1);
    const after = filled([1, 1, 1, 1, 6], () => 0);
    blendInto(before, after, 4, 4);
    expect([...after.data]).toEqual([1, 0.75, 0.5, 0.25, 0, 0]);
  });
});
