import { Command } from 'commander';
import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { exitCodeOf } from '../../errors';
import { encodeWav } from '../../media';
import { openVideoWriter } from '../../media/node';
import { addMetrics } from './metrics';

const figureSchema = z.union([z.number(), z.literal('inf')]);
const documentSchema = z.looseObject({
  summary: z.record(z.string(), z.record(z.string(), figureSchema)),
  frames: z.array(z.record(z.string(), figureSchema)),
});

const fixture = (name: string): string => join(import.meta.dirname, '../../metrics/fixtures', name);

afterEach(() => {
  vi.restoreAllMocks();
});

/** What the command writes to stdout, and the exit code of what it throws. */
async function run(...parameters: string[]): Promise<{ stdout: string; exitCode: number }> {
  let stdout = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    stdout += String(text);
    return true;
  });
  const command = new Command('metrics').exitOverride().configureOutput({ writeErr: () => undefined });
  addMetrics(command);
  try {
    await command.parseAsync(parameters, { from: 'user' });
    return { stdout, exitCode: 0 };
  } catch (error) {
    return { stdout, exitCode: exitCodeOf(error) };
  }
}

describe('aiprod metrics', () => {
  it('prints a line for each figure', async () => {
    const { stdout, exitCode } = await run(fixture('clip.mp4'), fixture('reference.mp4'));
    expect(exitCode).toBe(0);
    // The closing line of ffmpeg's psnr filter for these files.
    expect(stdout).toMatch(/^psnr\.yuv +average 25\.3813 {2}min 25\.2177 {2}max 25\.6224$/m);
    expect(stdout).toMatch(/^sharpness +average \d/m);
  });

  it('--json is one document with a series; equal clips have the PSNR "inf"', async () => {
    const { stdout } = await run(fixture('clip'), fixture('clip'), '--json');
    const figures = documentSchema.parse(JSON.parse(stdout));
    expect(figures).toMatchObject({ frameCount: 6, width: 48, height: 40, broken: [] });
    expect(figures.summary.psnr).toEqual({ average: 'inf', min: 'inf', max: 'inf' });
    expect(figures.frames.map(({ psnr }) => psnr)).toEqual(['inf', 'inf', 'inf', 'inf', 'inf', 'inf']);
    for (const { ssim } of figures.frames) expect(ssim).toBeCloseTo(1, 10);
    expect(figures.frames[0]).not.toHaveProperty('flicker');
  });

  it('a bound that is not kept is exit code 1, and is named in the JSON', async () => {
    expect(await run(fixture('clip'), fixture('reference'), '--min', 'psnr=5', '--min', 'ssim=0.1')).toMatchObject({ exitCode: 0 });
    const { stdout, exitCode } = await run(fixture('clip'), fixture('reference'), '--min', 'psnr=5', '--min', 'ssim=0.999', '--json');
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ broken: [{ figure: 'ssim', least: 0.999 }] });
  });

  describe('with sound', () => {
    const folder = mkdtempSync(join(tmpdir(), 'aiprod-metrics-'));
    const [video, sound, corrected] = ['clip.y4m', 'sound.wav', 'corrected.wav'].map((name) => join(folder, name));
    const [frameRate, late] = [24, 0.2];
    const moves = [0.5, 0.8, 1.4, 1.9, 2.3, 3.1, 3.4, 4.1, 4.7, 5.2];

    beforeAll(async () => {
      const [width, height] = [32, 16];
      const writer = await openVideoWriter(video, {
        width,
        height,
        frameRate: { numerator: frameRate, denominator: 1 },
        format: 'y4m',
        encoder: 'auto',
      });
      for (let frame = 0; frame < 6 * frameRate; frame++) {
        const place = 3 * moves.filter((time) => time <= frame / frameRate).length;
        const pixels = new Uint8Array(width * height * 4).map((_, k) =>
          (k >> 2) % width >= place && (k >> 2) % width < place + 3 ? 230 : 20,
        );
        await writer.addFrame(pixels, frame);
      }
      await writer.finish();
      const samples = Float32Array.from({ length: 6 * 16000 }, (_, n) => {
        const age = Math.min(...moves.map((time) => n / 16000 - time - late).filter((seconds) => seconds >= 0));
        return age < 0.1 ? 0.5 * Math.exp(-40 * age) * Math.sin(9000 * age) : 0;
      });
      await writeFile(sound, encodeWav({ sampleRate: 16000, channels: [samples] }));
    });
    afterAll(() => rmSync(folder, { recursive: true }));

    it('tells the offset, bounds the score, and writes the sound corrected', async () => {
      const offsetOf = async (heard: string): Promise<number> => {
        const { stdout } = await run(video, '--sound', heard, '--json');
        return z.looseObject({ sync: z.looseObject({ offset: z.number() }) }).parse(JSON.parse(stdout)).sync.offset;
      };
      expect(Math.abs((await offsetOf(sound)) - late) * frameRate).toBeLessThan(1);
      expect(await run(video, '--sound', sound, '--min', 'sync=0.9')).toMatchObject({ exitCode: 1 });
      expect((await run(video, '--sound', sound, '--corrected-sound', corrected)).stdout).toMatch(/^sound +0\.\d+ s late \(/m);
      expect(Math.abs(await offsetOf(corrected)) * frameRate).toBeLessThan(1);
      expect(await run(video, '--sound', corrected, '--min', 'sync=0.9')).toMatchObject({ exitCode: 0 });
    });

    it.each([
      ['a sound that is to be corrected but is not there', 1, [fixture('clip.mp4'), '--corrected-sound', corrected]],
      ['another format for the corrected sound', 2, [video, '--sound', sound, '--corrected-sound', 'sound.mp3']],
      ['a sound file without sound', 2, [video, '--sound', fixture('clip.mp4')]],
    ])('%s is exit code %i', async (_, exitCode, parameters) => {
      expect(await run(...parameters)).toMatchObject({ exitCode });
    });
  });

  it.each([
    ['a bound of another form', [fixture('clip'), '--min', 'psnr>3']],
    ['a bound on a figure that needs a reference', [fixture('clip'), '--min', 'psnr=3']],
    ['clips of two sizes', [fixture('clip'), fixture('clip.mp4')]],
    ['no such file', [fixture('missing.mp4')]],
  ])('%s is exit code 2', async (_, parameters) => {
    expect(await run(...parameters)).toMatchObject({ exitCode: 2 });
  });
});
