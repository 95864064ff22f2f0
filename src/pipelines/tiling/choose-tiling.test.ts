import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { AiprodError } from '../../errors';
import { plainestCapabilities } from '../../graph';
import { parseLtxVaeConfig, type VideoShape } from '../../models';
import { ltxVideoVae, type VideoVae } from '../video-vae';
import { chooseTiling, exactOverlaps, type TilingChoice, type TilingRequest } from './choose-tiling';
import { tilingSchema } from './settings';
import { evenSpans, latentSize, recomputation } from './tile-plan';

const root = new URL('../../../', import.meta.url);
const vaeOf = (path: string) => ltxVideoVae(parseLtxVaeConfig(JSON.parse(readFileSync(new URL(path, root), 'utf8')), path));
const embedded = vaeOf('public/models/embedded/vae/config.json');
const golden = vaeOf('fixtures/golden/ltx_vae_095/config.json');
const gibibyte = 1024 ** 3;
/** A card as they are sold: larger bindings than the least that WebGPU promises. */
const capabilities = { ...plainestCapabilities, f16: true, maxBindingBytes: 2 * gibibyte - 4 };

function request(changes: Partial<TilingRequest> = {}): TilingRequest {
  return { vae: embedded, latentShape: [1, embedded.latentChannels, 5, 4, 4], dtype: 'f32', capabilities, ...changes };
}

/** Latents of 3840x2176. */
function fourK(vae: VideoVae, frames: number): VideoShape {
  const { spatial } = vae.ratios;
  return [1, vae.latentChannels, frames, 2176 / spatial, 3840 / spatial];
}

const refusalOf = (made: () => TilingChoice): AiprodError => {
  try {
    made();
  } catch (error) {
    if (error instanceof AiprodError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
};

describe('choice of tiles', () => {
  test('is the whole where it fits', () => {
    const choice = chooseTiling(request({ budgetBytes: gibibyte }));
    expect(choice).toMatchObject({ strategy: 'none', exact: true, tile: { frames: 5, rows: 4, columns: 4 } });
    expect(chooseTiling(request()).program.memory).toEqual(choice.program.memory);
  });

  test.each([
    ['the embedded VAE', 'f32', embedded],
    ['the embedded VAE', 'f16', embedded],
    ['the VAE of the reference cases', 'f32', golden],
  ] as const)('plans 9 latent frames of 3840x2176 inside 4 GiB: %s, %s', (_, dtype, vae) => {
    const latentShape = fourK(vae, 9);
    for (const limits of [capabilities, { ...plainestCapabilities, f16: true }]) {
      const choice = chooseTiling(request({ vae, latentShape, dtype, budgetBytes: 4 * gibibyte, capabilities: limits }));
      expect(choice.program.memory.totalBytes).toBeLessThanOrEqual(4 * gibibyte);
      expect(choice.strategy).toBe('adaptive');
      const spans = evenSpans(latentSize(latentShape), choice.tile, choice.overlap);
      expect(recomputation(latentSize(latentShape), spans)).toBeLessThan(4);
    }
  });

  test('takes more memory for fewer tiles, never above the budget', () => {
    const latentShape: VideoShape = [1, embedded.latentChannels, 9, 32, 32];
    let before = Number.POSITIVE_INFINITY;
    for (const budgetBytes of [0.15, 0.3, 0.6, 1.2, 2.4].map((share) => share * gibibyte)) {
      const choice = chooseTiling(request({ latentShape, budgetBytes }));
      expect(choice.program.memory.totalBytes).toBeLessThanOrEqual(budgetBytes);
      const decoded = recomputation(latentSize(latentShape), evenSpans(latentSize(latentShape), choice.tile, choice.overlap));
      expect(decoded).toBeLessThanOrEqual(before);
      before = decoded;
    }
    expect(before).toBe(1);
  });

  test('prefers tiles that are the decode of the whole where they decode little twice', () => {
    const latentShape: VideoShape = [1, embedded.latentChannels, 2, 4, 600];
    const choice = chooseTiling(request({ latentShape, budgetBytes: 0.1 * gibibyte }));
    expect(choice).toMatchObject({ strategy: 'adaptive', exact: true });
    expect(choice.overlap.columns).toBe(exactOverlaps(embedded).columns);
  });

  test('keeps to the size, overlap, blend and strategy of a job', () => {
    const settings = tilingSchema.parse({
      strategy: 'uniform',
      tile: { frames: 9, height: 128, width: 96 },
      overlap: { frames: 4, pixels: 33 },
      blend: 'poisson',
    });
    const choice = chooseTiling(request({ latentShape: [1, embedded.latentChannels, 9, 16, 16], settings }));
    expect(choice).toMatchObject({
      strategy: 'uniform',
      blend: 'poisson',
      tile: { frames: 3, rows: 8, columns: 6 },
      overlap: { frames: 1, rows: 3, columns: 3 },
      exact: false,
    });
  });

  test('of an encode is the whole or even tiles, exact where that is worth it', () => {
    const latentShape: VideoShape = [1, embedded.latentChannels, 2, 4, 600];
    expect(chooseTiling(request({ direction: 'encode', budgetBytes: gibibyte }))).toMatchObject({ direction: 'encode', strategy: 'none' });
    const choice = chooseTiling(request({ direction: 'encode', latentShape, budgetBytes: 0.06 * gibibyte }));
    expect(choice).toMatchObject({ strategy: 'uniform', exact: true });
    expect(choice.overlap.columns).toBe(exactOverlaps(embedded, 'encode').columns);
    expect(choice.program.memory.totalBytes).toBeLessThanOrEqual(0.06 * gibibyte);
    const refused = refusalOf(() => chooseTiling(request({ direction: 'encode', latentShape, budgetBytes: 1_000_000 })));
    expect(refused.message).toMatch(/the encode stage.*memory budget/);
  });

  test('refuses in words what cannot be, with what would', () => {
    const small = refusalOf(() => chooseTiling(request({ latentShape: fourK(embedded, 9), budgetBytes: 30_000_000 })));
    expect(small.code).toBe('out-of-memory');
    expect(small.message).toMatch(/memory budget.*at most 30000000 bytes; found \d+ bytes, \d+ of them weights/);
    const whole = refusalOf(() =>
      chooseTiling(request({ latentShape: fourK(embedded, 9), budgetBytes: gibibyte, settings: tilingSchema.parse({ strategy: 'none' }) })),
    );
    expect(whole.message).toMatch(/auto/);
    const tile = refusalOf(() =>
      chooseTiling(
        request({
          latentShape: fourK(embedded, 9),
          settings: tilingSchema.parse({ strategy: 'uniform', tile: { width: 64 }, overlap: { pixels: 64 } }),
        }),
      ),
    );
    expect(tile.code).toBe('bad-input');
    expect(tile.message).toMatch(/larger tile or a smaller overlap/);
  });
});

describe('the field tiling of a job', () => {
  test('has a blend of its own accord and refuses what it does not know', () => {
    expect(tilingSchema.parse({ strategy: 'adaptive' })).toEqual({ strategy: 'adaptive', blend: 'trapezoid' });
    expect(tilingSchema.safeParse({ strategy: 'random' }).success).toBe(false);
    expect(tilingSchema.safeParse({ strategy: 'uniform', tiles: {} }).success).toBe(false);
    expect(tilingSchema.parse('auto')).toBe('auto');
  });
});
