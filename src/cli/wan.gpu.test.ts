import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testAdapter } from '../gpu/testing';
import { openVideo } from '../media/node';
import { runScript, type Ended } from './testing/run-script';

/** Clips out of Wan models of random weights, made in a process as a person would. */

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'aiprod-wan-cli-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (script: string, ...args: string[]): Promise<Ended> =>
  runScript(script, args, { cwd: folder, env: { AIPROD_DEVICE: testAdapter() } });

const generate = (...args: string[]) => run('bin/aiprod.mjs', 'generate', '--dtype', 'f32', '--prompt', 'a ball bounces', ...args);

describe('aiprod with a Wan model', () => {
  it('text to video and image to video make MP4s; what cannot work is refused', async () => {
    for (const kind of ['text-to-video', 'image-to-video']) {
      const written = await run('tools/tiny-wan/write-folder.mjs', kind, kind);
      expect(written.code, written.stderr).toBe(0);
    }
    const inspected = await run('bin/aiprod.mjs', 'models', 'inspect', 'text-to-video/transformer');
    expect(inspected.stdout).toContain('wan-transformer (diffusers names)');

    const small = ['--width', '32', '--height', '32', '--frames', '5', '--steps', '1'];
    const made = await generate('--model', 'text-to-video', '--out', 'first.mp4', '--save-frames', 'frames', ...small);
    expect(made.code, made.stderr).toBe(0);
    const second = await generate('--model', 'image-to-video', '--image', 'frames@0', '--out', 'second.mp4', ...small);
    expect(second.code, second.stderr).toBe(0);
    for (const file of ['first.mp4', 'second.mp4']) {
      const video = await openVideo(join(folder, file));
      expect([file, video.frameCount, video.width, video.height]).toEqual([file, 5, 32, 32]);
      await video.close();
    }

    const refused = await generate('--model', 'text-to-video', '--image', 'frames@0', '--out', 'no.mp4');
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('does not run the pipeline image-to-video')]);
  });
});
