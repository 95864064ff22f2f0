import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import type { VideoReader } from '../media';
import { openVideo } from '../media/node';
import { brokenBounds, measureClip, parseBound, type ClipFigures } from '.';

// The clips are decoded; slow where the processor is shared.
vi.setConfig({ testTimeout: 60_000 });

/** How the files were made: tools/metric-fixtures. */
const fixture = (name: string): string => join(import.meta.dirname, 'fixtures', name);
const json = async (name: string): Promise<unknown> => JSON.parse(await readFile(fixture(name), 'utf8'));

async function measure(clip: string, reference: string | null): Promise<ClipFigures> {
  const reader = await openVideo(clip);
  const other = reference === null ? null : await openVideo(reference);
  try {
    return await measureClip(reader, other);
  } finally {
    await reader.close();
    await other?.close();
  }
}

describe('against scikit-image, scipy and numpy', () => {
  it('every figure of every frame is theirs', async () => {
    const expected = z.array(z.record(z.string(), z.number())).parse(await json('independent.json'));
    const { frames } = await measure(fixture('clip'), fixture('reference'));
    expect(frames).toHaveLength(expected.length);
    for (const [index, figures] of frames.entries()) {
      expect(Object.keys(figures).toSorted()).toEqual(Object.keys(expected[index]).toSorted());
      for (const [name, value] of Object.entries(expected[index])) {
        expect(Math.abs(figures[name] / value - 1), `${name} of frame ${index}`).toBeLessThan(1e-10);
      }
    }
  });

  it('the summary is of those series', async () => {
    const { frames, summary } = await measure(fixture('clip'), fixture('reference'));
    const flicker = frames.slice(1).map((frame) => frame.flicker);
    expect(summary.flicker.average).toBeCloseTo(flicker.reduce((sum, value) => sum + value, 0) / 5, 12);
    expect(summary.flicker.min).toBe(Math.min(...flicker));
    const errors = frames.map((frame) => 10 ** (-frame.psnr / 10));
    expect(summary.psnr.average).toBeCloseTo(-10 * Math.log10(errors.reduce((sum, value) => sum + value, 0) / 6), 10);
  });
});

const statsSchema = z.array(
  z.object({
    clip: z.string(),
    reference: z.string(),
    psnr: z.array(z.record(z.string(), z.string())),
    ssim: z.array(z.record(z.string(), z.string())),
    'psnr summary': z.record(z.string(), z.string()),
    'ssim summary': z.record(z.string(), z.string()),
  }),
);
type Stats = z.output<typeof statsSchema>[number];

/** Our names and ffmpeg's. */
const PSNR_NAMES = { 'psnr.y': 'psnr_y', 'psnr.cb': 'psnr_u', 'psnr.cr': 'psnr_v', 'psnr.yuv': 'psnr_avg' };
const PSNR_SUMMARY = { 'psnr.y': 'y', 'psnr.cb': 'u', 'psnr.cr': 'v', 'psnr.yuv': 'average' };
const SSIM_NAMES = { 'ssimBlock.y': 'Y', 'ssimBlock.cb': 'U', 'ssimBlock.cr': 'V', 'ssimBlock.yuv': 'All' };

function expectStats({ frames, summary }: ClipFigures, stats: Pick<Stats, 'psnr' | 'ssim' | 'psnr summary' | 'ssim summary'>): void {
  expect(frames).toHaveLength(stats.psnr.length);
  for (const [index, figures] of frames.entries()) {
    // ffmpeg writes two decimals of a frame's PSNR and six of its SSIM, which it computes in f32.
    for (const [ours, theirs] of Object.entries(PSNR_NAMES)) {
      expect(Math.abs(figures[ours] - Number(stats.psnr[index][theirs])), `${ours} of frame ${index}`).toBeLessThan(0.00501);
    }
    for (const [ours, theirs] of Object.entries(SSIM_NAMES)) {
      expect(Math.abs(figures[ours] - Number(stats.ssim[index][theirs])), `${ours} of frame ${index}`).toBeLessThan(1.5e-6);
    }
  }
  for (const [ours, theirs] of Object.entries(PSNR_SUMMARY)) {
    expect(Math.abs(summary[ours].average - Number(stats['psnr summary'][theirs])), ours).toBeLessThan(1e-6);
  }
  for (const [ours, theirs] of Object.entries(SSIM_NAMES)) {
    expect(Math.abs(summary[ours].average - Number(stats['ssim summary'][theirs])), ours).toBeLessThan(1.5e-6);
  }
}

describe("against ffmpeg's psnr and ssim filters", () => {
  it('8 and 10 bits: every frame and the closing lines, as recorded', async () => {
    for (const stats of statsSchema.parse(await json('ffmpeg.json'))) {
      expectStats(await measure(fixture(stats.clip), fixture(stats.reference)), stats);
    }
  });

  it('a live ffmpeg says the same of a clip that is not recorded', async (context) => {
    if (spawnSync('ffmpeg', ['-version']).status !== 0)
      context.skip('needs a system ffmpeg; the recorded figures are checked all the same');
    const folder = await mkdtemp(join(tmpdir(), 'aiprod-metrics-'));
    try {
      // Without assembly: the ssim filter's for x86 is wrong where a row has 4n + 1 windows.
      const run = (...parameters: string[]): string => {
        const { status, stderr } = spawnSync('ffmpeg', ['-hide_banner', '-nostdin', '-y', '-cpuflags', '0', ...parameters], {
          cwd: folder,
          encoding: 'utf8',
        });
        expect(status, stderr).toBe(0);
        return stderr;
      };
      for (const [name, quality] of [
        ['clip.mkv', '35'],
        ['reference.mkv', '5'],
      ]) {
        run(
          '-f',
          'lavfi',
          '-i',
          'mandelbrot=size=70x54:rate=12',
          '-frames:v',
          '7',
          '-c:v',
          'libx264',
          '-crf',
          quality,
          '-pix_fmt',
          'yuv444p',
          name,
        );
      }
      const record = async (filter: 'psnr' | 'ssim'): Promise<[Record<string, string>[], Record<string, string>]> => {
        const chatter = run('-i', 'clip.mkv', '-i', 'reference.mkv', '-lavfi', `[0:v][1:v]${filter}=stats_file=log`, '-f', 'null', '-');
        const pairs = (line: string): Record<string, string> =>
          Object.fromEntries(Array.from(line.matchAll(/(\w+):([\d.]+|inf)/g), (match) => [match[1], match[2]]));
        const lines = (await readFile(join(folder, 'log'), 'utf8')).trim().split('\n');
        const closing = chatter.split('\n').find((line) => line.includes(`] ${filter.toUpperCase()} `)) ?? '';
        return [lines.map(pairs), pairs(closing.slice(closing.indexOf(filter.toUpperCase())))];
      };
      const [psnr, psnrSummary] = await record('psnr');
      const [ssim, ssimSummary] = await record('ssim');
      const figures = await measure(join(folder, 'clip.mkv'), join(folder, 'reference.mkv'));
      expectStats(figures, { psnr, ssim, 'psnr summary': psnrSummary, 'ssim summary': ssimSummary });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe('measureClip', () => {
  it('a clip equals itself', async () => {
    const { summary } = await measure(fixture('clip.mp4'), fixture('clip.mp4'));
    expect(summary.psnr.average).toBe(Infinity);
    expect(summary['psnr.yuv'].min).toBe(Infinity);
    for (const name of ['ssim', 'ssim.luma', 'ssimBlock.yuv']) expect(summary[name].min).toBeCloseTo(1, 12);
  });

  it('one frame has no figures over time, and a clip without reference none against one', async () => {
    const { frames, summary } = await measure(fixture('clip/frame-00000.png'), null);
    expect(Object.keys(frames[0])).toEqual(['sharpness']);
    expect(Object.keys(summary)).toEqual(['sharpness']);
  });

  it('a still does not flicker and is smooth', async () => {
    const rgba = new Uint8Array(16 * 16 * 4).map((_, at) => (at * 37) % 256);
    const still: VideoReader = {
      width: 16,
      height: 16,
      frameRate: null,
      frameCount: 3,
      description: 'a still',
      async *pictures() {
        for (let frame = 0; frame < 3; frame++) yield { width: 16, height: 16, planes: null, rgba: () => rgba };
      },
      close: async () => undefined,
    };
    const { summary } = await measureClip(still, null);
    expect(summary.flicker.average).toBe(1);
    expect(summary.motionSmoothness.average).toBe(1);
    expect(summary.temporalConsistency.average).toBeCloseTo(1, 12);
  });

  it('clips of other sizes or lengths are refused', async () => {
    await expect(measure(fixture('clip'), fixture('clip.mp4'))).rejects.toMatchObject({ code: 'bad-input' });
    await expect(measure(fixture('clip'), fixture('clip/frame-00000.png'))).rejects.toMatchObject({ code: 'bad-input' });
  });
});

describe('bounds', () => {
  it('are read and kept', async () => {
    const figures = await measure(fixture('clip'), fixture('reference'));
    expect(brokenBounds(figures, ['psnr=10', 'ssim.luma=0.2'].map(parseBound))).toEqual([]);
    expect(brokenBounds(figures, [parseBound('psnr=60')])).toEqual([{ figure: 'psnr', least: 60, average: figures.summary.psnr.average }]);
    expect(() => brokenBounds(figures, [parseBound('psnr.yuv=1')])).toThrow(expect.objectContaining({ code: 'bad-usage' }));
    for (const text of ['psnr', 'psnr=', '=3', 'psnr=x', 'psnr>3', 'psnr=1e3']) {
      expect(() => parseBound(text)).toThrow(expect.objectContaining({ code: 'bad-usage' }));
    }
  });
});
