import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testAdapter } from '../gpu/testing';
import { openVideo } from '../media/node';

/** Clips out of Wan models of random weights, made in a process as a person would. */

const root = fileURLToPath(new URL('../../', import.meta.url));
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'aiprod-wan-cli-'));
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
