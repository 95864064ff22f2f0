import { Command } from 'commander';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { exitCodeOf } from '../../errors';
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

  it.each([
    ['a bound of another form', [fixture('clip'), '--min', 'psnr>3']],
    ['a bound on a figure that needs a reference', [fixture('clip'), '--min', 'psnr=3']],
    ['clips of two sizes', [fixture('clip'), fixture('clip.mp4')]],
    ['no such file', [fixture('missing.mp4')]],
  ])('%s is exit code 2', async (_, parameters) => {
    expect(await run(...parameters)).toMatchObject({ exitCode: 2 });
  });
});
