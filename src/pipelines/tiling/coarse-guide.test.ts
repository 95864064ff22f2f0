import { describe, expect, test } from 'vitest';
import type { Video, VideoShape } from '../../models';
import { followCoarse, shrinkLatents } from './coarse-guide';
import { contentDemand, latentActivity } from './overlap-demand';
import type { PlacedSpan } from './tile-plan';

function filled(shape: VideoShape, value: (y: number, x: number) => number): Video {
  const [batch, channels, frames, rows, columns] = shape;
  const data = new Float32Array(batch * channels * frames * rows * columns);
  for (let i = 0; i < data.length; i++) data[i] = value(Math.floor(i / columns) % rows, i % columns);
  return { shape, data };
}

const span = (start: number, end: number): PlacedSpan => ({
  latents: { start, end },
  placed: { start, end },
  weights: new Float32Array(end - start).fill(1),
});

describe('latents shrunk to a tile', () => {
  test('keep their mean, and pairs become their average', () => {
    const latents = filled([1, 2, 1, 4, 6], (y, x) => y * 10 + x);
    const small = shrinkLatents(latents, { frames: 1, rows: 2, columns: 3 });
    expect([...small.data.subarray(0, 6)]).toEqual([5.5, 7.5, 9.5, 25.5, 27.5, 29.5]);
    const uneven = shrinkLatents(latents, { frames: 1, rows: 3, columns: 4 });
    const mean = (data: Float32Array): number => data.reduce((sum, value) => sum + value, 0) / data.length;
    expect(mean(uneven.data)).toBeCloseTo(mean(latents.data), 5);
  });
});

describe('tiles that follow a coarse picture', () => {
  const rows = [span(0, 4)];
  const columns = [span(0, 6), span(6, 12)];
  const picture = (y: number, x: number): number => 0.2 * Math.sin(x) + 0.1 * y;
  const tilesOf = (drift: number): Video[][] => [
    [filled([1, 1, 1, 4, 6], picture), filled([1, 1, 1, 4, 6], (y, x) => picture(y, x + 6) + drift)],
  ];
  const difference = (tiles: Video[][]): number => {
    const shift = tiles[0].map(
      ({ data }, k) => data.reduce((sum, value, i) => sum + value - picture(Math.floor(i / 6), (i % 6) + 6 * k), 0) / 24,
    );
    return shift[1] - shift[0];
  };

  test('lose a drift of brightness between them', () => {
    const coarse = filled([1, 1, 1, 4, 12], picture);
    const tiles = tilesOf(0.3);
    expect(difference(tiles)).toBeCloseTo(0.3, 5);
    followCoarse(tiles, coarse, rows, columns);
    expect(difference(tiles)).toBeCloseTo(0, 5);
  });

  test('ignore what the coarse picture has everywhere alike: brightness and contrast', () => {
    const coarse = filled([1, 1, 1, 4, 12], (y, x) => picture(y, x) * 3 + 5);
    const tiles = tilesOf(0);
    const before = tiles.map((line) => line.map(({ data }) => [...data]));
    followCoarse(tiles, coarse, rows, columns);
    // Means under a contrast of 3 differ three times as much; gradients within a tile stay as they are.
    tiles[0].forEach(({ data }, k) =>
      data.forEach((value, i) => expect(value - data[0]).toBeCloseTo(before[0][k][i] - before[0][k][0], 5)),
    );
  });

  test('a flat tile stays finite', () => {
    const tiles = [[filled([1, 1, 1, 4, 6], () => 0), filled([1, 1, 1, 4, 6], picture)]];
    followCoarse(
      tiles,
      filled([1, 1, 1, 4, 12], () => 0.5),
      rows,
      columns,
    );
    expect(tiles.every((line) => line.every(({ data }) => data.every(Number.isFinite)))).toBe(true);
  });
});

describe('overlaps that content asks for', () => {
  test('are the least where latents are even and more where they are busy, up to the most', () => {
    const latents = filled([1, 1, 1, 4, 40], (y, x) => (x >= 18 && x < 22 ? (x % 2) * 8 - 4 : 0.1 * Math.sin(y + x)));
    const demand = contentDemand(latents, { frames: 1, rows: 2, columns: 3 }, { frames: 1, rows: 5, columns: 9 });
    expect(demand.columns(5)).toBe(3);
    expect(demand.columns(20)).toBe(9);
    expect(demand.columns(39)).toBe(3);
    expect(demand.frames(0)).toBe(1);
    const { columns } = latentActivity(latents);
    expect(columns.reduce((sum, value) => sum + value, 0) / columns.length).toBeCloseTo(1, 5);
  });

  test('of latents without any content are the least', () => {
    const demand = contentDemand(
      filled([1, 1, 2, 4, 8], () => 3),
      { frames: 1, rows: 2, columns: 2 },
      { frames: 2, rows: 4, columns: 4 },
    );
    expect([demand.frames(1), demand.rows(2), demand.columns(4)]).toEqual([1, 2, 2]);
  });
});
