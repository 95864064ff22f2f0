import { describe, expect, test } from 'vitest';
import { plainestCapabilities } from '../../graph';
import { cropVideo, type Video } from '../../models';
import { exactOverlap, type Blend } from './blends';
import { chooseTiling, exactOverlaps, type TilingChoice } from './choose-tiling';
import { shrinkLatents } from './coarse-guide';
import { encodeFrames } from './encode-frames';
import type { MeasuredOverlap } from './measure-overlap';
import { seamDifference, type SeamDifference } from './seam-difference';
import { tilingSchema } from './settings';
import { collectChunks, decodedShape, decodeInTiles } from './stream-decode';
import { cpuDecoder, cpuEncoder, goldenVae, randomLatents, testConditions, type TestVae } from './testing';
import { evenSpans, latentSize, planDecode, planEncode, type LatentSize } from './tile-plan';

/** Rounding of different orders of addition, in 1/255. */
const rounding = 1e-3;

/** Mean disagreement at a seam that nobody may see, in 1/255. */
const seamBound = 1;

async function decodeWhole(vae: TestVae, latents: Video): Promise<Video> {
  return cpuDecoder(vae, latents)(latents, { frames: 0, rows: 0, columns: 0 });
}

async function decodeChosen(
  vae: TestVae,
  latents: Video,
  choice: TilingChoice,
): Promise<{ video: Video; measured: MeasuredOverlap | undefined }> {
  let measured: MeasuredOverlap | undefined;
  const request = { ...testConditions(vae), latents, choice, onMeasured: (found: MeasuredOverlap) => (measured = found) };
  const video = await collectChunks(decodeInTiles(request, cpuDecoder(vae, latents)), decodedShape(vae, latents));
  return { video, measured };
}

/** Differences around the seams of even tiles. */
function seamsOf(
  vae: TestVae,
  tiled: Video,
  whole: Video,
  latents: Video,
  tile: LatentSize,
  overlap: LatentSize,
  blend: Blend,
): SeamDifference {
  const { spatial, temporal } = vae.ratios;
  const plan = planDecode(vae, evenSpans(latentSize(latents.shape), tile, overlap), blend);
  return seamDifference(tiled, whole, plan, { frames: temporal, pixels: spatial });
}

describe.each(['ltx_vae_090', 'ltx_vae_091', 'ltx_vae_095', 'models/vae_causality_swapped'])('%s', (name) => {
  test('tiles with the overlap of the receptive field are the decode of the whole, in space and time', async () => {
    const vae = await goldenVae(name);
    const exact = exactOverlaps(vae);
    for (const axis of ['frames', 'columns'] as const) {
      const length = exact[axis] + 3;
      const latents = axis === 'frames' ? randomLatents(vae, length, 1, 1) : randomLatents(vae, 1, 1, length);
      const size = latentSize(latents.shape);
      const tile = { ...size, [axis]: exact[axis] + 1 };
      const overlap = { frames: 0, rows: 0, columns: 0, [axis]: exact[axis] };
      const choice = {
        ...chooseTiling({ vae, latentShape: latents.shape, dtype: 'f32', capabilities: plainestCapabilities }),
        tile,
        overlap,
        strategy: 'uniform' as const,
      };
      expect(evenSpans(size, tile, overlap)[axis]).toHaveLength(3);
      const whole = await decodeWhole(vae, latents);
      const { video } = await decodeChosen(vae, latents, choice);
      const difference = seamsOf(vae, video, whole, latents, tile, overlap, 'trapezoid');
      expect(difference.largest, axis).toBeLessThan(rounding);
    }
  });
});

describe('tiles smaller than the receptive field', () => {
  test('adaptive measures the overlap that keeps every seam under 1/255, where the reference overlap does not', async () => {
    const vae = await goldenVae('ltx_vae_095');
    const latents = randomLatents(vae, 1, 2, 28);
    const choose = (settings: object): TilingChoice =>
      chooseTiling({
        vae,
        latentShape: latents.shape,
        dtype: 'f32',
        capabilities: plainestCapabilities,
        settings: tilingSchema.parse({ tile: { width: 14 * 32 }, ...settings }),
      });
    const whole = await decodeWhole(vae, latents);
    const uniform = choose({ strategy: 'uniform' });
    const before = await decodeChosen(vae, latents, uniform);
    const seams = seamsOf(vae, before.video, whole, latents, uniform.tile, uniform.overlap, 'trapezoid');
    expect(seams.seams).toBeGreaterThan(seamBound);

    const adaptive = choose({ strategy: 'adaptive' });
    expect(adaptive).toMatchObject({ exact: false, tile: uniform.tile });
    const after = await decodeChosen(vae, latents, adaptive);
    const overlap = after.measured?.overlap.columns ?? 0;
    expect(overlap).toBeGreaterThan(uniform.overlap.columns);
    expect(overlap).toBeLessThan(exactOverlaps(vae).columns);
    // Wherever the seams lie, no column differs by more than the bound on average.
    expect(worstColumn(after.video, whole)).toBeLessThan(seamBound);
    expect(worstColumn(before.video, whole)).toBeGreaterThan(seamBound);
  });
});

test('hierarchical tiles have the means of a coarse decode, up to what all tiles have alike', async () => {
  const vae = await goldenVae('ltx_vae_095');
  const latents = randomLatents(vae, 1, 2, 8);
  const choose = (strategy: string): TilingChoice =>
    chooseTiling({
      vae,
      latentShape: latents.shape,
      dtype: 'f32',
      capabilities: plainestCapabilities,
      settings: tilingSchema.parse({ strategy, tile: { width: 4 * 32 }, overlap: { pixels: 0 } }),
    });
  const coarse = await cpuDecoder(vae, latents)(shrinkLatents(latents, { frames: 1, rows: 2, columns: 4 }), {
    frames: 0,
    rows: 0,
    columns: 0,
  });
  const { video } = await decodeChosen(vae, latents, choose('hierarchical'));
  const { video: uniform } = await decodeChosen(vae, latents, choose('uniform'));
  /** Red, the left half's mean less the right half's: each half is one tile. */
  const contrast = ({ shape: [, , , rows, columns], data }: Video): number => {
    let sum = 0;
    for (let i = 0; i < rows * columns; i++) sum += i % columns < columns / 2 ? data[i] : -data[i];
    return (2 * sum) / (rows * columns);
  };
  expect(contrast(video)).toBeCloseTo(contrast(coarse), 4);
  expect(Math.abs(contrast(uniform) - contrast(coarse))).toBeGreaterThan(1e-3);
});

/** Mean difference of the worst latent column, in 1/255. */
function worstColumn(tiled: Video, whole: Video): number {
  const columns = whole.shape[4];
  return Math.max(
    ...Array.from({ length: columns / 32 }, (_, k) => {
      const range = { columns: [k * 32, (k + 1) * 32] } as const;
      const a = cropVideo(tiled, range).data;
      const b = cropVideo(whole, range).data;
      return (a.reduce((sum, value, i) => sum + Math.abs(value - b[i]), 0) / a.length) * 127.5;
    }),
  );
}

describe('encoding in tiles', () => {
  test.each(['ltx_vae_090', 'ltx_vae_095', 'models/vae_causality_swapped'])(
    '%s: with the overlap of the receptive field it is the encode of the whole',
    async (name) => {
      const vae = await goldenVae(name);
      const { spatial, temporal } = vae.ratios;
      const context = vae.context.encode;
      for (const axis of ['frames', 'columns'] as const) {
        const overlap = exactOverlap(axis === 'frames' ? context.frames : context.space);
        const size = { frames: 1, rows: 1, columns: 1, [axis]: overlap + 2 };
        const shape = [1, 3, (size.frames - 1) * temporal + 1, spatial, size.columns * spatial] as const;
        const pixels: Video = { shape, data: randomLatentsOf(shape) };
        const whole = await cpuEncoder(vae)(pixels);
        const spans = evenSpans(size, { ...size, [axis]: overlap + 1 }, { frames: 0, rows: 0, columns: 0, [axis]: overlap });
        const source = async function* () {
          for (let first = 0; first < shape[2]; first += 5) yield cropVideo(pixels, { frames: [first, first + 5] });
        };
        const tiled = await collectChunks(encodeFrames(vae, source(), planEncode(vae, spans, 'trapezoid'), cpuEncoder(vae)), whole.shape);
        const largest = tiled.data.reduce((most, value, i) => Math.max(most, Math.abs(value - whole.data[i])), 0);
        expect(largest, axis).toBeLessThan(1e-5);
      }
    },
  );
});

function randomLatentsOf(shape: readonly number[]): Float32Array {
  const count = shape.reduce((product, size) => product * size, 1);
  return Float32Array.from({ length: count }, (_, i) => Math.sin(i * 12.9898) * 0.9);
}
