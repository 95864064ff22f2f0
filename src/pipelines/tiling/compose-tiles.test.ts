import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cropVideo, parseLtxVaeConfig, type Video, type VideoShape } from '../../models';
import { ltxVideoVae } from '../video-vae';
import { blends } from './blends';
import { composeTiles } from './compose-tiles';
import { decodedSize, decodeFrames } from './decode-frames';
import { encodeFrames } from './encode-frames';
import { seamDifference } from './seam-difference';
import { collectChunks } from './stream-decode';
import { evenSpans, latentSize, planDecode, planEncode, type LatentSize } from './tile-plan';

/** A VAE of one halving: 2 frames and 4 pixels a side for each latent. */
const vae = ltxVideoVae(
  parseLtxVaeConfig({
    latent_channels: 2,
    patch_size: 2,
    block_out_channels: [8, 8],
    down_block_types: ['LTXVideoDownBlock3D', 'LTXVideoDownBlock3D'],
    decoder_block_out_channels: [8],
    layers_per_block: [1, 1, 1],
    decoder_layers_per_block: [1, 1],
    spatio_temporal_scaling: [true, false],
    decoder_spatio_temporal_scaling: [true],
    decoder_inject_noise: [false, false],
    upsample_residual: [false],
    upsample_factor: [1],
  }),
);

function filled(shape: VideoShape, value: (plane: number, f: number, y: number, x: number) => number): Video {
  const [batch, channels, frames, rows, columns] = shape;
  const data = new Float32Array(batch * channels * frames * rows * columns);
  let at = 0;
  for (let plane = 0; plane < batch * channels; plane++) {
    for (let f = 0; f < frames; f++) for (let y = 0; y < rows; y++) for (let x = 0; x < columns; x++) data[at++] = value(plane, f, y, x);
  }
  return { shape, data };
}

const wave = (plane: number, f: number, y: number, x: number): number => Math.sin(plane + f * 7 + y * 3 + x);

/** A decoder without context: every latent becomes a block of its value, the first in time a single frame. */
async function repeatLatents({ shape, data }: Video): Promise<Video> {
  const [batch, channels, frames, rows, columns] = shape;
  const size = decodedSize(vae, latentSize(shape));
  return filled([batch, channels, size.frames, size.rows, size.columns], (plane, f, y, x) => {
    return data[((plane * frames + Math.ceil(f / 2)) * rows + Math.floor(y / 4)) * columns + Math.floor(x / 4)];
  });
}

/** An encoder without context: the corner pixel of each block, the last frame of each pair. */
async function pickCorners({ shape, data }: Video): Promise<Video> {
  const [batch, channels, frames, rows, columns] = shape;
  return filled([batch, channels, (frames - 1) / 2 + 1, rows / 4, columns / 4], (plane, f, y, x) => {
    return data[((plane * frames + f * 2) * rows + y * 4) * columns + x * 4];
  });
}

function largestDifference(a: Video, b: Video): number {
  return a.data.reduce((largest, value, i) => Math.max(largest, Math.abs(value - b.data[i])), 0);
}

const sizes = fc.record({
  frames: fc.integer({ min: 1, max: 9 }),
  rows: fc.integer({ min: 1, max: 7 }),
  columns: fc.integer({ min: 1, max: 7 }),
});
const cuts = fc.record({
  latents: sizes,
  tile: fc.record({
    frames: fc.integer({ min: 2, max: 6 }),
    rows: fc.integer({ min: 2, max: 6 }),
    columns: fc.integer({ min: 2, max: 6 }),
  }),
  blend: fc.constantFrom(...blends),
  overlap: fc.integer({ min: 1, max: 2 }),
});
const kept = (tile: LatentSize, overlap: number): LatentSize => ({
  frames: Math.min(overlap, tile.frames - 1),
  rows: Math.min(overlap, tile.rows - 1),
  columns: Math.min(overlap, tile.columns - 1),
});

describe('tiles of a coder without context', () => {
  test('are the whole again, for any size and blend, in chunks without gaps', async () => {
    await fc.assert(
      fc.asyncProperty(cuts, async ({ latents, tile, blend, overlap }) => {
        const moving = filled([1, 2, latents.frames, latents.rows, latents.columns], wave);
        const whole = await repeatLatents(moving);
        const spans = evenSpans(latents, tile, kept(tile, overlap));
        let next = 0;
        const counted = async function* () {
          for await (const chunk of decodeFrames(moving, planDecode(vae, spans, blend), repeatLatents)) {
            expect(chunk.firstFrame).toBe(next);
            next += chunk.video.shape[2];
            yield chunk;
          }
        };
        expect(largestDifference(await collectChunks(counted(), whole.shape), whole)).toBeLessThan(1e-4);
        expect(next).toBe(whole.shape[2]);
      }),
      { numRuns: 60 },
    );
  });

  test('encode to the whole too, from pieces of any length', async () => {
    await fc.assert(
      fc.asyncProperty(cuts, fc.integer({ min: 1, max: 7 }), async ({ latents, tile, blend, overlap }, piece) => {
        const moving = filled([1, 2, latents.frames, latents.rows, latents.columns], wave);
        const pixels = await repeatLatents(moving);
        const source = async function* () {
          for (let first = 0; first < pixels.shape[2]; first += piece) yield cropVideo(pixels, { frames: [first, first + piece] });
        };
        const plan = planEncode(vae, evenSpans(latents, tile, kept(tile, overlap)), blend);
        const encoded = await collectChunks(encodeFrames(vae, source(), plan, pickCorners), moving.shape);
        expect(largestDifference(encoded, moving)).toBeLessThan(1e-4);
      }),
      { numRuns: 60 },
    );
  });

  test('a source that ends early is told', async () => {
    const source = async function* () {
      yield filled([1, 2, 3, 4, 4], () => 0);
    };
    const plan = planEncode(
      vae,
      evenSpans({ frames: 3, rows: 1, columns: 1 }, { frames: 3, rows: 1, columns: 1 }, kept({ frames: 3, rows: 1, columns: 1 }, 1)),
      'linear',
    );
    const collecting = collectChunks(encodeFrames(vae, source(), plan, pickCorners), [1, 2, 3, 1, 1]);
    await expect(collecting).rejects.toThrow(/5 frames or more.*3 frames/);
  });

  test('chunks are no longer than a tile, however long the video', async () => {
    for (const frames of [9, 97]) {
      const latents = filled([1, 2, frames, 3, 3], wave);
      const plan = planDecode(
        vae,
        evenSpans(latentSize(latents.shape), { frames: 5, rows: 3, columns: 3 }, { frames: 1, rows: 0, columns: 0 }),
        'linear',
      );
      for await (const { video } of decodeFrames(latents, plan, repeatLatents)) expect(video.shape[2]).toBeLessThanOrEqual(9);
    }
  });
});

describe('Poisson blending', () => {
  const latents = { frames: 1, rows: 3, columns: 12 };
  const plan = (blend: (typeof blends)[number]) =>
    planDecode(vae, evenSpans(latents, { frames: 1, rows: 3, columns: 8 }, { frames: 0, rows: 0, columns: 4 }), blend);
  const picture = (y: number, x: number): number => 0.01 * x + 0.3 * Math.sin(x * 1.3 + y);

  async function compose(blend: (typeof blends)[number], error: (column: number, x: number) => number): Promise<Video> {
    const made = plan(blend);
    return collectChunks(
      composeTiles(made, async ({ column }) => {
        const { start, end } = made.columns[column].placed;
        return filled([1, 1, 1, 12, end - start], (_, __, y, x) => picture(y, start + x) + error(column, start + x));
      }),
      [1, 1, 1, 12, 48],
    );
  }

  test('of tiles that agree changes nothing', async () => {
    const whole = filled([1, 1, 1, 12, 48], (_, __, y, x) => picture(y, x));
    expect(largestDifference(await compose('poisson', () => 0), whole)).toBeLessThan(1e-5);
  });

  test('of tiles of different brightness leaves the gradients of the tiles and an even slope between them', async () => {
    const step = (column: number): number => 0.5 * column;
    const poisson = await compose('poisson', step);
    const trapezoid = await compose('trapezoid', step);
    const added = (video: Video): number[] => Array.from({ length: 48 }, (_, x) => video.data[48 * 5 + x] - picture(5, x));
    const [{ placed: first }, { placed: second }] = plan('poisson').columns;
    const slope = 0.5 / (first.end - second.start + 1);
    const steepest = (values: number[]): number => Math.max(...values.slice(1).map((value, x) => Math.abs(value - values[x])));
    // The solution of Laplace's equation between two constants is a straight line: known without solving.
    expect(steepest(added(poisson))).toBeCloseTo(slope, 3);
    expect(steepest(added(trapezoid))).toBeGreaterThan(4 * slope);
    expect(added(poisson)[second.start - 1]).toBeCloseTo(0, 5);
    expect(added(poisson)[first.end]).toBeCloseTo(0.5, 5);
  });

  test('makes the gradients those of the tiles, as far as any picture can: no change lessens the squared difference', async () => {
    const random = (column: number, x: number): number => 0.2 * Math.sin(x * (column + 1) * 0.7);
    const result = await compose('poisson', random);
    const made = plan('poisson');
    const [{ placed: first, weights: left }, { placed: second, weights: right }] = made.columns;
    const tile = (column: number, y: number, x: number): number => picture(y, x) + random(column, x);
    const energy = (data: Float32Array): number => {
      let sum = 0;
      for (let y = 0; y < 12; y++) {
        for (let x = second.start - 1; x < first.end; x++) {
          const inFirst = x + 1 < first.end;
          const inSecond = x >= second.start;
          const a = inFirst ? (left[x] + left[x + 1]) / 2 : 0;
          const b = inSecond ? (right[x - second.start] + right[x + 1 - second.start]) / 2 : 0;
          const gradient =
            ((inFirst ? a * (tile(0, y, x + 1) - tile(0, y, x)) : 0) + (inSecond ? b * (tile(1, y, x + 1) - tile(1, y, x)) : 0)) / (a + b);
          sum += (data[y * 48 + x + 1] - data[y * 48 + x] - gradient) ** 2;
          if (y === 11 || x < second.start) continue;
          const vertical = left[x] * (tile(0, y + 1, x) - tile(0, y, x)) + right[x - second.start] * (tile(1, y + 1, x) - tile(1, y, x));
          sum += (data[(y + 1) * 48 + x] - data[y * 48 + x] - vertical) ** 2;
        }
      }
      return sum;
    };
    const least = energy(result.data);
    for (const at of [second.start, second.start + 5, first.end - 1]) {
      for (const change of [0.02, -0.02]) {
        const other = new Float32Array(result.data);
        other[48 * 6 + at] += change;
        expect(energy(other)).toBeGreaterThan(least);
      }
    }
  });
});

test('the seam measure sees a difference where the seam is, in 1/255', async () => {
  const plan = planDecode(
    vae,
    evenSpans({ frames: 1, rows: 1, columns: 12 }, { frames: 1, rows: 1, columns: 8 }, { frames: 0, rows: 0, columns: 4 }),
    'trapezoid',
  );
  const whole = filled([1, 1, 1, 4, 48], () => 0);
  const seam = filled([1, 1, 1, 4, 48], (_, __, ___, x) => (x >= 22 && x < 26 ? 2 / 255 : 0));
  const difference = seamDifference(seam, whole, plan, { frames: 2, pixels: 2 });
  expect(difference.seams).toBeCloseTo(1, 5);
  expect(difference.whole).toBeCloseTo(4 / 48, 5);
  expect(difference.largest).toBeCloseTo(1, 5);
});
