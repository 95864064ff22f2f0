import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AiprodError } from '../../errors';
import { parseLtxVaeConfig } from '../../models';
import { ltxVideoVae } from '../video-vae';
import { contentTiles, evenTiles, spanWeights, type Span } from './axis-tiles';
import { blends } from './blends';
import { contentSpans, evenSpans, planDecode, planEncode, recomputation, tileCount, type TilePlan } from './tile-plan';

const axis = fc
  .record({ length: fc.integer({ min: 1, max: 60 }), tile: fc.integer({ min: 1, max: 24 }), overlap: fc.nat(23) })
  .map(({ length, tile, overlap }) => ({ length, tile, overlap: Math.min(overlap, tile - 1) }));

function expectCover(spans: readonly Span[], length: number, tile: number, overlap: number): void {
  expect(spans[0].start).toBe(0);
  expect(spans[spans.length - 1].end).toBe(length);
  for (const { start, end } of spans) expect(end - start).toBe(Math.min(tile, length));
  for (let k = 1; k < spans.length; k++) {
    expect(spans[k].start).toBeGreaterThan(spans[k - 1].start);
    expect(spans[k - 1].end - spans[k].start).toBeGreaterThanOrEqual(overlap);
  }
}

describe('tiles along an axis', () => {
  test('cover it with one length and at least the overlap asked for', () => {
    fc.assert(fc.property(axis, ({ length, tile, overlap }) => expectCover(evenTiles(length, tile, overlap), length, tile, overlap)));
  });

  test('are as few as the overlap allows', () => {
    expect(evenTiles(100, 30, 10)).toHaveLength(5);
    expect(evenTiles(90, 30, 10)).toEqual([0, 20, 40, 60].map((start) => ({ start, end: start + 30 })));
    expect(evenTiles(7, 30, 10)).toEqual([{ start: 0, end: 7 }]);
  });

  test('that follow content cover it too, with the overlap that each seam asks for', () => {
    fc.assert(
      fc.property(axis, fc.array(fc.nat(10), { minLength: 60, maxLength: 60 }), ({ length, tile }, wanted) => {
        const overlapAt = (position: number): number => Math.min(wanted[Math.floor(position)] ?? 0, tile - 1);
        const spans = contentTiles(length, tile, overlapAt);
        expectCover(spans, length, tile, 0);
        for (let k = 1; k < spans.length; k++) {
          const overlap = spans[k - 1].end - spans[k].start;
          // A seam is where content lets it be, or the tile brings one latent that is new.
          const asked = overlapAt((spans[k].start + spans[k - 1].end) / 2);
          const last = k === spans.length - 1;
          expect(overlap >= asked || overlap === tile - 1 || last).toBe(true);
        }
      }),
    );
  });

  test('overlaps as large as the tile are refused', () => {
    expect(() => evenTiles(100, 10, 10)).toThrow(AiprodError);
    expect(() => evenTiles(100, 0, 0)).toThrow(AiprodError);
    expect(() => evenTiles(10.5, 3, 1)).toThrow(/whole|cut/);
  });
});

describe('weights', () => {
  const crossfade = fc.record({
    ramp: fc.oneof(fc.constant(Number.POSITIVE_INFINITY), fc.nat(12)),
    middle: fc.double({ min: 0, max: 1, noNaN: true }),
  });

  test('sum to 1 at every position and are never negative', () => {
    fc.assert(
      fc.property(axis, crossfade, ({ length, tile, overlap }, fade) => {
        const spans = evenTiles(length, tile, overlap);
        const sums = new Float64Array(length);
        spanWeights(spans, fade).forEach((weights, k) =>
          weights.forEach((weight, i) => {
            expect(weight).toBeGreaterThanOrEqual(0);
            sums[spans[k].start + i] += weight;
          }),
        );
        for (const sum of sums) expect(sum).toBeCloseTo(1, 6);
      }),
    );
  });

  test('a trapezoid leaves out the ends of the overlap, and its middle moves', () => {
    const spans = [
      { start: 0, end: 8 },
      { start: 4, end: 12 },
    ];
    const [linear] = spanWeights(spans, { ramp: Number.POSITIVE_INFINITY, middle: 0.5 });
    expect([...linear]).toEqual([1, 1, 1, 1, 0.875, 0.625, 0.375, 0.125]);
    const [trapezoid, later] = spanWeights(spans, { ramp: 2, middle: 0.5 });
    expect([...trapezoid]).toEqual([1, 1, 1, 1, 1, 0.75, 0.25, 0]);
    expect([...later]).toEqual([0, 0.25, 0.75, 1, 1, 1, 1, 1]);
    expect([...spanWeights(spans, { ramp: 1, middle: 1 })[0]]).toEqual([1, 1, 1, 1, 1, 1, 1, 0.5]);
    expect([...spanWeights(spans, { ramp: 0, middle: 0.5 })[0]]).toEqual([1, 1, 1, 1, 1, 1, 0, 0]);
  });
});

describe('plans', () => {
  const vae = ltxVideoVae(parseLtxVaeConfig({ latent_channels: 4 }));
  const size = fc.record({
    frames: fc.integer({ min: 1, max: 9 }),
    rows: fc.integer({ min: 1, max: 9 }),
    columns: fc.integer({ min: 1, max: 9 }),
  });

  function expectPartition(plan: TilePlan, length: { frames: number; rows: number; columns: number }): void {
    const sums = new Float64Array(length.frames * length.rows * length.columns);
    for (const t of plan.frames) {
      for (const v of plan.rows) {
        for (const h of plan.columns) {
          expect([t.weights.length, v.weights.length, h.weights.length]).toEqual([t, v, h].map(({ placed }) => placed.end - placed.start));
          t.weights.forEach((a, f) => {
            v.weights.forEach((b, y) => {
              const at = ((t.placed.start + f) * length.rows + v.placed.start + y) * length.columns + h.placed.start;
              h.weights.forEach((c, x) => (sums[at + x] += a * b * c));
            });
          });
        }
      }
    }
    expect(Math.max(...sums.map((sum) => Math.abs(sum - 1)))).toBeLessThan(1e-5);
  }

  test('weights of tiles sum to 1 at every frame and pixel, decoded and encoded, whatever the blend', () => {
    const small = ltxVideoVae(
      parseLtxVaeConfig({
        latent_channels: 4,
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
    fc.assert(
      fc.property(size, size, size, fc.constantFrom(...blends), (latents, tile, overlap, blend) => {
        const least = { frames: 1, rows: 0, columns: 0 };
        const kept = {
          frames: Math.max(least.frames, Math.min(overlap.frames, tile.frames - 1)),
          rows: Math.min(overlap.rows, tile.rows - 1),
          columns: Math.min(overlap.columns, tile.columns - 1),
        };
        const larger = { ...tile, frames: Math.max(tile.frames, 2) };
        const spans = evenSpans(latents, larger, kept);
        expectPartition(planDecode(small, spans, blend), {
          frames: (latents.frames - 1) * 2 + 1,
          rows: latents.rows * 4,
          columns: latents.columns * 4,
        });
        expectPartition(planEncode(small, spans, blend), latents);
      }),
      { numRuns: 60 },
    );
  });

  test('a later tile of latents [s, e) lies at frames 8 s to 8 (e - 1)', () => {
    const spans = evenSpans({ frames: 9, rows: 2, columns: 2 }, { frames: 5, rows: 2, columns: 2 }, { frames: 1, rows: 0, columns: 0 });
    expect(planDecode(vae, spans, 'linear').frames.map(({ placed }) => placed)).toEqual([
      { start: 0, end: 33 },
      { start: 32, end: 65 },
    ]);
    expect(tileCount(spans)).toBe(2);
    expect(recomputation({ frames: 9, rows: 2, columns: 2 }, spans)).toBeCloseTo(10 / 9);
  });

  test('the crossfade of a causal encoder lies at the end of an overlap, that of the decoder in its middle', () => {
    const spans = evenSpans({ frames: 9, rows: 1, columns: 1 }, { frames: 6, rows: 1, columns: 1 }, { frames: 3, rows: 0, columns: 0 });
    expect([...planEncode(vae, spans, 'trapezoid').frames[1].weights]).toEqual([0, 0, 0.5, 1, 1, 1]);
    const { weights } = planDecode(vae, spans, 'trapezoid').frames[1];
    expect(weights[0]).toBe(0);
    expect(weights[8]).toBeCloseTo(0.5, 1);
    expect(weights[16]).toBe(1);
  });

  test('content makes overlaps larger where it asks', () => {
    const size8 = { frames: 1, rows: 40, columns: 1 };
    const spans = contentSpans(
      size8,
      { frames: 1, rows: 10, columns: 1 },
      {
        frames: () => 0,
        rows: (position) => (position > 15 && position < 25 ? 6 : 2),
        columns: () => 0,
      },
    );
    const overlaps = spans.rows.slice(1).map(({ start }, k) => spans.rows[k].end - start);
    expect(Math.max(...overlaps.slice(0, -1))).toBe(6);
    expect(Math.min(...overlaps)).toBe(2);
  });
});
