import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { sampleCount } from '../audio';
import { testAdapter } from '../gpu/testing';
import { openVideo, readSound } from '../media/node';

/** A clip with sound out of an LTX-2 model of random weights, made in a process as a person would. */

const root = fileURLToPath(new URL('../../', import.meta.url));
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'aiprod-sound-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(script: string, ...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, script), ...args], {
      cwd: folder,
      env: { ...process.env, AIPROD_DEVICE: testAdapter() },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

const reportSchema = z.object({ memory: z.object({ forecastBytes: z.number(), peakBytes: z.number() }) });

describe('aiprod generate with a model of picture and sound', () => {
  it('makes an MP4 whose sound is as long as its frames', async () => {
    const written = await run('tools/tiny-ltx2/write-folder.mjs', 'model');
    expect(written.code, written.stderr).toBe(0);
    const size = ['--width', '64', '--height', '64', '--frames', '9', '--steps', '1', '--dtype', 'f32'];
    const made = await run(
      'bin/aiprod.mjs',
      'generate',
      '--model',
      'model',
      '--prompt',
      'a ball bounces',
      '--out',
      'clip.mp4',
      ...size,
      '--json',
    );
    expect(made.code, made.stderr).toBe(0);
    // What all its stages took at most is what was told before anything was loaded.
    const { memory } = reportSchema.parse(JSON.parse(made.stdout));
    expect(Math.abs(memory.peakBytes / memory.forecastBytes - 1)).toBeLessThan(0.05);

    const video = await openVideo(join(folder, 'clip.mp4'));
    const { frameCount, frameRate } = video;
    await video.close();
    if (frameRate === undefined || frameRate === null) throw new Error('the clip has no frame rate');
    const secondsOfFrame = frameRate.denominator / frameRate.numerator;
    const sound = await readSound(join(folder, 'clip.mp4'));
    if (sound === null) throw new Error('the clip has no sound');
    expect(frameCount).toBe(9);
    expect(Math.abs(sampleCount(sound) / sound.sampleRate - frameCount * secondsOfFrame)).toBeLessThan(secondsOfFrame);
  });
});
